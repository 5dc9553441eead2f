/** Texts as words, and as what is left of them when only letters and digits count. Pure. */

/** The words of a text in order, as written; in scripts without spaces a run of characters is one. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{M}\p{N}]+(?:['’‐-][\p{L}\p{M}\p{N}]+)*/gu) ?? [];
}

/** For comparing: lower case, one kind of apostrophe, no accents where they only colour a letter (Latin, Greek, Cyrillic). */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/(?<=[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}])\p{Mn}+/gu, "")
    .normalize("NFC")
    .replaceAll("’", "'")
    .toLowerCase();
}

/** Only letters and digits, in lower case: equal for texts that differ in punctuation, spaces and case. */
export function lettersOf(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "");
}

/** A model's text as one line: no control characters, broken surrogates or bidirectional marks, single spaces, trimmed. */
export function tidyWording(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
}
