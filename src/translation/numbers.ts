/** Which numbers a text says in digits, however its language writes them, and which of them another text has lost. Pure. */

/** A number in a text. */
export type FoundNumber = {
  /** As written. */
  readonly text: string;
  /** What it may mean, as plain digits with `.` for the decimals: `1.500` is 1500 or 1.5. Empty for dates and the like. */
  readonly readings: readonly string[];
  /** Its runs of digits without leading zeros. */
  readonly parts: readonly string[];
  /** 12 at the most: many languages would write it as a word. */
  readonly isSmall: boolean;
};

/** The numbers written in digits (Latin, Arabic, Persian, Devanagari, Bengali, Thai, full-width), in order. */
export function numbersOf(text: string): readonly FoundNumber[] {
  const plain = withLatinDigits(text);
  return [...plain.matchAll(token)].map((match) => {
    const [written] = match;
    const after = plain.slice(match.index + written.length, match.index + written.length + 14);
    const values = readingsOf(written);
    const power = powerAfter(after);
    const raised = power === undefined ? [] : values.map((value) => String(Number(value) * power));
    return {
      ...{ text: written, readings: [...values, ...raised], parts: partsOf(written) },
      isSmall: raised.length === 0 && values.some((value) => Number(value) <= 12),
    };
  });
}

/** The numbers of `source` that are not in `target`, whichever way either of them groups digits or writes times and dates. */
export function lostNumbers(source: string, target: string): readonly FoundNumber[] {
  const there = new Set(
    numbersOf(target).flatMap((number) =>
      isLoose(number) ? [...number.readings, ...number.parts] : number.readings,
    ),
  );
  return numbersOf(source).filter((number) => {
    if (number.readings.some((reading) => there.has(reading))) return false;
    return !(isLoose(number) && number.parts.every((part) => there.has(part)));
  });
}

const token = /\d+(?:[.,'’]\d+|[ \u00a0\u2009\u202f]\d{3}(?!\d))*/g;

/** Written as a time, a date or numbers side by side, its parts may stand alone elsewhere. */
function isLoose({ text, readings }: FoundNumber): boolean {
  return readings.length === 0 || /^\d{1,2}[.,]\d{2}$/.test(text) || /\d\s\d/.test(text);
}

function partsOf(text: string): string[] {
  return (text.match(/\d+/g) ?? []).map(withoutLeadingZeros);
}

function readingsOf(text: string): string[] {
  const parts = text.split(/\D/);
  const separators = text.replace(/\d/g, "");
  if (parts.length === 1) return [withoutLeadingZeros(text)];
  const last = parts.at(-1) as string;
  const mark = separators.at(-1) as string;
  const readings: string[] = [];
  if (new Set(separators).size === 1 && isGrouped(parts)) {
    readings.push(withoutLeadingZeros(parts.join("")));
  }
  const isDecimal = /[.,]/.test(mark) && !separators.slice(0, -1).includes(mark);
  if (isDecimal && last !== "000" && (parts.length === 2 || isGrouped(parts.slice(0, -1)))) {
    const decimals = last.replace(/0+$/, "");
    const whole = withoutLeadingZeros(parts.slice(0, -1).join(""));
    readings.push(decimals === "" ? whole : `${whole}.${decimals}`);
  }
  return readings;
}

/** In threes, or as in India: in twos before the last three. */
function isGrouped([first = "", ...rest]: readonly string[]): boolean {
  const last = rest.at(-1);
  const isEven = rest.every(({ length }) => length === 3);
  const isIndian = last?.length === 3 && rest.slice(0, -1).every(({ length }) => length === 2);
  return first.length <= 3 && (isEven || isIndian);
}

function withoutLeadingZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, "");
}

/** Words after a number that make it larger. "Billion" means what English and Russian mean by it. */
const powers: readonly (readonly [RegExp, number])[] = [
  [/^\s?(?:万|萬|만)/, 1e4],
  [/^\s?(?:亿|億|억)/, 1e8],
  [
    /^[\s-]?(?:mil millones|milliarden?|mrd|milliards?|miliardi?|миллиард|млрд|мільярд|billions?)/i,
    1e9,
  ],
  [/^[\s-]?(?:thousand|tausend|mille|mil(?![\p{L}])|тыс|тис|千)/iu, 1e3],
  [
    /^[\s-]?(?:million|millón|millones|mio\b|milion|milhão|milhões|миллион|млн|мільйон|百万|百萬)/i,
    1e6,
  ],
];

function powerAfter(text: string): number | undefined {
  return powers.find(([pattern]) => pattern.test(text))?.[1];
}

/** Where the ten digits of other scripts begin. */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50, 0xff10] as const;

function withLatinDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) as number;
    const zero = zeros.find((first) => code >= first && code < first + 10);
    return zero === undefined ? digit : String(code - zero);
  });
}
