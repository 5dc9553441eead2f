/** Picks voices for a language and its speakers from what an engine offers. Arithmetic on a list, nothing else. */
import { DubberError } from "../core/error.ts";
import { isSameLanguage, languageName, primaryLanguage } from "../core/language.ts";
import type { Voice } from "../core/voice.ts";
import { nearestNames } from "./nearest-names.ts";

export type VoiceWish = {
  /** BCP 47, as `parseLanguage` gives it. */
  readonly language: string;
  /** Only voices of this gender, where the language has any. */
  readonly gender?: Voice["gender"];
  /** Which speaker it is for, 0 first. Neighbouring numbers get different voices, in turn of the two genders. */
  readonly index?: number;
};

/**
 * Picks a voice: one that speaks exactly this language (`pt-BR`), else one of the same language elsewhere (`pt`).
 * Among equals the engine's order decides. With more speakers than voices, voices are used again from the start.
 *
 * @throws DubberError `unknown_language`, naming near languages.
 */
export function chooseVoice(
  voices: readonly Voice[],
  { language, gender, index = 0 }: VoiceWish,
): Voice {
  const speaking = voicesFor(voices, language);
  const asked = speaking.filter((voice) => voice.gender === gender);
  const order = asked.length > 0 ? asked : takeTurns(speaking);
  const chosen = order[index % order.length];
  if (chosen !== undefined) return chosen;
  throw new DubberError(
    "unknown_language",
    `No voice of this engine speaks ${languageName(language)} (${language}).`,
    { hint: hintFor(voices, language) },
  );
}

/** Voices that speak the language as well as any of these does, in their order. */
function voicesFor(voices: readonly Voice[], language: string): readonly Voice[] {
  const whole = language.toLowerCase();
  const primary = primaryLanguage(language);
  const isWanted = [
    (tag: string) => tag.toLowerCase() === whole,
    (tag: string) => tag.toLowerCase() === primary,
    (tag: string) => isSameLanguage(tag, language),
  ];
  for (const matches of isWanted) {
    const ranks = voices.map((voice) => voice.languages.findIndex(matches));
    const best = Math.min(...new Set(ranks.filter((rank) => rank >= 0)));
    const found = voices.filter((_, index) => ranks[index] === best);
    if (found.length > 0) return found;
  }
  return [];
}

/** The first voice, then one of the other gender, and so on in turns; neutral voices count with the first's. */
function takeTurns(voices: readonly Voice[]): readonly Voice[] {
  const second = voices[0]?.gender === "female" ? "male" : "female";
  const queues = [
    voices.filter(({ gender }) => gender !== second),
    voices.filter(({ gender }) => gender === second),
  ];
  const longest = Math.max(...queues.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) =>
    queues.flatMap((queue) => queue[turn] ?? []),
  ).flat();
}

function hintFor(voices: readonly Voice[], language: string): string {
  const tags = [...new Set(voices.flatMap((voice) => voice.languages))];
  const near = nearestNames(language, tags);
  const list = near.length > 0 ? `Near it: ${near.join(", ")}. ` : "";
  return `${list}\`dubber voices\` lists what this engine speaks.`;
}
