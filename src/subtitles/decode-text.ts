/** Bytes → text, when nobody says which encoding it is. */
import { analyse } from "chardet";
import { DubberError } from "../core/error.ts";

export type DecodedText = {
  /** Without byte-order mark. */
  readonly text: string;
  /** Lowercase WHATWG name: `utf-8`, `utf-16le`, `windows-1251`, … */
  readonly encoding: string;
  readonly warnings: readonly string[];
};

/**
 * Reads text in whatever encoding it is: a byte-order mark decides, then UTF-16 by its zero bytes, then strict
 * UTF-8; only what is none of these is guessed, and the guess is a warning.
 *
 * @param name what the messages call the text. Default "The text".
 * @throws DubberError `invalid_text` when the bytes are not text.
 */
export function decodeText(
  bytes: Uint8Array,
  { name = "The text" }: { readonly name?: string } = {},
): DecodedText {
  const decoded = decodeMarked(bytes) ?? decodeUtf8(bytes, name) ?? guess(bytes, name);
  const { text } = decoded;
  const junk = text.match(notText)?.length ?? 0;
  if (junk * 50 > text.length) {
    throw new DubberError(
      "invalid_text",
      `${name} is not text: ${junk} of its ${text.length} characters are control characters.`,
      { hint: "Give an SRT, VTT, ASS or segments JSON file." },
    );
  }
  if (junk === 0) return decoded;
  const warning = `${name} holds ${junk} control characters; they are read as spaces.`;
  return { ...decoded, warnings: [...decoded.warnings, warning] };
}

/** Control characters no text has: all but tab, line ends and form feed. */
const notText = /[^\P{Cc}\t\n\r\f\u0080-\u009f]/gu;

/** UTF-16 and UTF-8 with a byte-order mark, and UTF-16 without one. */
function decodeMarked(bytes: Uint8Array): DecodedText | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return { text: new TextDecoder("utf-8").decode(bytes), encoding: "utf-8", warnings: [] };
  }
  const encoding = utf16Order(bytes);
  if (encoding === undefined) return undefined;
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 2));
  return { text: new TextDecoder(encoding).decode(whole), encoding, warnings: [] };
}

/**
 * Subtitles are full of digits, spaces and line ends, so in UTF-16 about every second byte of theirs is zero, always on the
 * same side, whatever the script of the text.
 */
function utf16Order(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const sample = bytes.subarray(0, 4096);
  const zeros = [0, 0];
  for (const [index, byte] of sample.entries()) {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] as number) + 1;
  }
  const [even = 0, odd = 0] = zeros;
  if (odd * 8 > sample.length / 2 && even * 20 < odd) return "utf-16le";
  if (even * 8 > sample.length / 2 && odd * 20 < even) return "utf-16be";
  return undefined;
}

/** UTF-8, strictly; or with a few damaged characters, when ten times as many are sound. */
function decodeUtf8(bytes: Uint8Array, name: string): DecodedText | undefined {
  const encoding = "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return { text, encoding, warnings: [] };
  } catch {
    const text = new TextDecoder(encoding).decode(bytes);
    const damaged = damageOf(text);
    const sound = (text.match(/[^\p{ASCII}\ufffd]/gu)?.length ?? 0) - damaged;
    if (sound < 10 * damaged) return undefined;
    const warning = `${name} is UTF-8 with ${damaged} damaged characters, shown as \ufffd.`;
    return { text, encoding, warnings: [warning] };
  }
}

function damageOf(text: string): number {
  return text.split("\ufffd").length - 1;
}

/** Windows writes its own supersets of the ISO code pages; the web reads them as those too. */
const superset: Readonly<Record<string, string>> = {
  "ISO-8859-1": "windows-1252",
  "ISO-8859-6": "windows-1256",
  "ISO-8859-7": "windows-1253",
  "ISO-8859-8": "windows-1255",
  "ISO-8859-9": "windows-1254",
};

/** What chardet answers when it has seen too little to say anything. */
const noIdea = 10;

function guess(bytes: Uint8Array, name: string): DecodedText {
  const sample = telling(bytes);
  const short = { name: isAllHigh(sample) ? "windows-1251" : "windows-1252", confidence: noIdea };
  const candidates = [...analyse(sample), short]
    .filter(({ confidence }) => confidence > noIdea)
    .map((match) => match.name)
    .concat(short.name);
  for (const candidate of candidates) {
    const strict = decodeAs(candidate, sample);
    // An encoding in which the bytes mean nothing is not theirs, however much the statistics like it.
    if (strict === undefined || damageOf(strict) * 100 > strict.length) continue;
    const encoding = (superset[candidate] ?? candidate).toLowerCase();
    const text = decodeAs(encoding, bytes);
    if (text === undefined) continue;
    const warning = `${name} is not UTF-8; it is read as ${encoding}. If letters look wrong, save it as UTF-8.`;
    return { text, encoding, warnings: [warning] };
  }
  // Unreachable in practice: windows-1251 and windows-1252 give every byte a meaning.
  throw new DubberError("invalid_text", `${name} is in no encoding that is known.`, {
    hint: "Save it as UTF-8.",
  });
}

function decodeAs(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The lines that hold more than ASCII, 64 KB at most: times and numbers only dilute the statistics. */
function telling(bytes: Uint8Array): Uint8Array {
  const sample = new Uint8Array(Math.min(bytes.length, 65_536));
  let length = 0;
  let lineStart = 0;
  let isTelling = false;
  for (let index = 0; index <= bytes.length && length < sample.length; index++) {
    const byte = bytes[index];
    if (byte !== undefined && byte >= 0x80) isTelling = true;
    if (byte !== undefined && byte !== 0x0a && byte !== 0x0d) continue;
    if (isTelling) {
      const line = bytes.subarray(
        lineStart,
        Math.min(index + 1, lineStart + sample.length - length),
      );
      sample.set(line, length);
      length += line.length;
    }
    lineStart = index + 1;
    isTelling = false;
  }
  return sample.subarray(0, length);
}

/**
 * True when most letters lie in the upper half: so looks Cyrillic text, while Western European text has a few accents
 * among ASCII letters.
 */
function isAllHigh(bytes: Uint8Array): boolean {
  let high = 0;
  let ascii = 0;
  for (const byte of bytes) {
    if (byte >= 0xc0 || byte === 0xa8 || byte === 0xb8) high++;
    else if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) ascii++;
  }
  return high > ascii;
}
