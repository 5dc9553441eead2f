/** Which letters a language is written with, and whether a text is. Pure. */
import { primaryLanguage } from "../core/language.ts";
import { fold, wordsOf } from "./words.ts";

/** Scripts that are several for Unicode. */
const parts: Readonly<Record<string, readonly string[]>> = {
  Hans: ["Han"],
  Hant: ["Han"],
  Jpan: ["Han", "Hira", "Kana"],
  Kore: ["Hang", "Han"],
};

/** Languages that people write in a second script too, when the tag does not say which. */
const secondScripts: Readonly<Record<string, string>> = {
  ...{ sr: "Latn", bs: "Cyrl", uz: "Cyrl", az: "Cyrl", kk: "Latn", tk: "Cyrl" },
  ...{ pa: "Arab", ku: "Arab", mn: "Mong", tg: "Latn", tt: "Latn", ms: "Arab" },
};

/** Letters a language does not have, though its script does: Russian passed off as Ukrainian. */
const strangeLetters: Readonly<Record<string, RegExp>> = {
  ru: /[іїєґў]/i,
  uk: /[ыэёъў]/i,
  bg: /[ыэёіїєґ]/i,
  be: /[щъїєґ]/i,
};

/** ISO 15924 codes of the scripts a language is written in; empty where nobody knows. */
export function scriptsOf(language: string): readonly string[] {
  const locale = new Intl.Locale(language);
  const script = locale.maximize().script;
  if (script === undefined) return [];
  const second = locale.script === undefined ? secondScripts[locale.language] : undefined;
  return [...(parts[script] ?? [script]), ...(second === undefined ? [] : [second])];
}

/** True for languages written with Latin letters only. */
export function isLatin(language: string): boolean {
  const scripts = scriptsOf(language);
  return scripts.length === 1 && scripts[0] === "Latn";
}

/** True for Chinese, Japanese and Korean, where a character is a syllable or more. */
export function isSyllabic(language: string): boolean {
  return scriptsOf(language).includes("Han");
}

/**
 * True when most letters of a text are not those of the language. Words that `kept` has too, such as the names of the original,
 * do not count; a text without other words is never wrong.
 */
export function isInWrongScript(text: string, language: string, kept: string): boolean {
  const keptWords = new Set(wordsOf(kept).map(fold));
  const rest = wordsOf(text).filter((word) => !keptWords.has(fold(word)));
  const letters = rest.join("").match(/\p{L}/gu) ?? [];
  const own = patternOf(scriptsOf(language));
  if (letters.length === 0 || own === undefined) return false;
  const right = letters.filter((letter) => own.test(letter)).length;
  if (right * 2 < letters.length) return true;
  const primary = primaryLanguage(language);
  if (strangeLetters[primary]?.test(rest.join(""))) return true;
  const kana = letters.filter((letter) => /[\p{sc=Hira}\p{sc=Kana}]/u.test(letter)).length;
  // No Japanese sentence of any length does without kana, and no Chinese one has them.
  if (primary === "ja") return kana === 0 && letters.length >= 12;
  return primary === "zh" && kana * 5 > letters.length;
}

function patternOf(scripts: readonly string[]): RegExp | undefined {
  if (scripts.length === 0) return undefined;
  try {
    // ー and the like are common to several scripts; `scx` knows which.
    return new RegExp(`[${scripts.map((script) => `\\p{scx=${script}}`).join("")}]`, "u");
  } catch {
    // A script newer than this engine's Unicode.
    return undefined;
  }
}
