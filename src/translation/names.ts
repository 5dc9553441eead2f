/** Names in a text, by their capitals, and which of them a translation does not mention. A hint for people, no proof. Pure. */
import { isLatin } from "./scripts.ts";
import { fold, wordsOf } from "./words.ts";

/** Every noun has a capital there. */
const capitalNouns: ReadonlySet<string> = new Set(["de", "lb"]);
/** Languages write names differently in the end: Londres, Londra, London. */
const sharedStart = 3;

/**
 * Names of the source that the target does not mention: words with a capital inside a sentence, both languages in Latin letters.
 * Days, months, countries and languages are no names here: they are translated.
 */
export function lostNames(
  source: { readonly text: string; readonly language: string | undefined },
  target: { readonly text: string; readonly language: string },
): readonly string[] {
  const { language: from } = source;
  if (from === undefined || !isLatin(from) || !isLatin(target.language)) return [];
  if (capitalNouns.has(new Intl.Locale(from).language)) return [];
  const translated = translatedNames(from);
  const there = wordsOf(target.text).map(fold);
  return namesOf(source.text).filter((name) => {
    const start = fold(name);
    if (translated.has(start)) return false;
    return !there.some((word) => word.startsWith(start.slice(0, sharedStart)));
  });
}

/** Words of three letters or more with a capital first, where no sentence begins; none in a text that is all capitals. */
function namesOf(text: string): readonly string[] {
  if (!/\p{Ll}/u.test(text)) return [];
  const inside = text.matchAll(/(?<=[\p{L}\p{N},;]['’"”)]?\s+)\p{Lu}[\p{L}\p{M}]{2,}/gu);
  // An English "I'm" or "I'll" is too short to be found.
  return [...inside].map(([name]) => name);
}

const known = new Map<string, ReadonlySet<string>>();

/** Folded words that a language writes with a capital and that another has its own word for. */
function translatedNames(language: string): ReadonlySet<string> {
  const found = known.get(language) ?? new Set(properNouns(language).flatMap(wordsOf).map(fold));
  known.set(language, found);
  return found;
}

function properNouns(language: string): readonly string[] {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const pairs = letters.flatMap((first) => letters.map((second) => first + second));
  const regions = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
  const languages = new Intl.DisplayNames(language, { type: "language", fallback: "none" });
  const month = new Intl.DateTimeFormat(language, { month: "long", timeZone: "UTC" });
  const day = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });
  return [
    ...pairs.flatMap((pair) => regions.of(pair) ?? []),
    ...pairs.flatMap((pair) => languages.of(pair.toLowerCase()) ?? []),
    ...Array.from({ length: 12 }, (_, index) => month.format(Date.UTC(2024, index, 15))),
    ...Array.from({ length: 7 }, (_, index) => day.format(Date.UTC(2024, 0, index + 1))),
  ];
}
