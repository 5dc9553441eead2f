/** The script most of a text is written in: the cheapest sign that an answer is in another language. */

/** Chinese and Japanese count as one, for Japanese is written with both. */
const scripts = {
  latin: /\p{Script=Latin}/gu,
  cyrillic: /\p{Script=Cyrillic}/gu,
  greek: /\p{Script=Greek}/gu,
  arabic: /\p{Script=Arabic}/gu,
  hebrew: /\p{Script=Hebrew}/gu,
  devanagari: /\p{Script=Devanagari}/gu,
  thai: /\p{Script=Thai}/gu,
  hangul: /\p{Script=Hangul}/gu,
  han: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu,
} as const;

export type ScriptName = keyof typeof scripts;

/** @returns the script of more than half of all letters; `undefined` where none is, or it is one we do not know. */
export function mainScript(text: string): ScriptName | undefined {
  if (!/\p{L}/u.test(text)) return undefined;
  const names = Object.keys(scripts) as ScriptName[];
  return names.find((name) => shareOf(name, text) > 0.5);
}

/** How much of a text's letters is in a script, 0–1; 1 for a text without letters. Looks at the first 10,000 characters. */
export function shareOf(name: ScriptName, text: string): number {
  const sample = text.slice(0, 10_000);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  return letters === 0 ? 1 : (sample.match(scripts[name])?.length ?? 0) / letters;
}
