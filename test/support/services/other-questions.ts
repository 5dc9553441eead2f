/** Answers to the project's questions that are not about numbered lines: a shorter wording, a summary, the texts around a video. */
import { isObject } from "./refuse-chat.ts";

type Question = Readonly<Record<string, unknown>>;

const denials =
  /^(?:no|not|never|none|nothing|nicht|kein|keine|ne|pas|non|não|не|нет|لا|아니|sin|nunca|without)$/i;
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u;

/** `{text, characters, glossary}` → the text with words left out until it fits, or until only what matters is left. */
export function shorterText(question: Question): object {
  const text = `${question.text ?? ""}`;
  const most = Number(question.characters ?? 0);
  const hasGaps = /\s/.test(text) && !unspaced.test(text);
  const parts = hasGaps ? text.split(/\s+/) : [...text];
  const terms = Array.isArray(question.glossary) ? question.glossary.filter(isObject) : [];
  const kept = terms.map(({ translation }) => `${translation}`).join(" ");
  for (let at = parts.length - 2; at > 0 && parts.join(hasGaps ? " " : "").length > most; at--) {
    const part = parts[at] ?? "";
    const matters = hasGaps
      ? /\d|^\p{Lu}/u.test(part) || denials.test(part) || kept.includes(part)
      : !unspaced.test(part) || /[不没未无ない]/.test(part) || kept.includes(part);
    if (!matters) parts.splice(at, 1);
  }
  return { text: parts.join(hasGaps ? " " : "") };
}

/** `{text}` → a sentence that begins with its first words. */
export function summaryOf({ text }: Question): object {
  return { summary: `A talk that begins with: ${`${text ?? ""}`.slice(0, 200)}` };
}

/** `{title, said: [number, time, text][]}` → texts made of what is said, and up to five chapters, spread evenly. */
export function videoTexts({ title, said }: Question): object {
  const places: readonly unknown[][] = Array.isArray(said) ? said.filter(Array.isArray) : [];
  const texts = places.map(([, , text]) => `${text ?? ""}`);
  const words = texts.join(" ").match(/\p{L}{4,20}/gu) ?? [];
  const step = Math.max(1, Math.ceil(places.length / 5));
  return {
    title: title ?? (texts[0] ?? "").slice(0, 60),
    description: texts.slice(0, 3).join(" ").slice(0, 600),
    tags: [...new Set(words.map((word) => word.toLowerCase()))].slice(0, 12),
    chapters: places
      .filter((_, index) => index % step === 0)
      .map(([number, , text]) => ({ number, title: `${text ?? ""}`.slice(0, 40) })),
  };
}
