/** How fast the voices of a dub speak, learnt from the lines they have spoken. */
import { join } from "node:path";
import type { Seconds } from "../core/segment.ts";
import { learnPace, speakingCharacters } from "../translation/pace.ts";
import { readPlan } from "./plan-file.ts";

/**
 * Characters a second, from the lines of the last plan; an ordinary pace where there is none yet.
 *
 * @param languageRoot folder of the language.
 */
export async function spokenPace(languageRoot: string, language: string): Promise<number> {
  const plan = await readPlan(join(languageRoot, "plan.json")).catch(() => undefined);
  return paceOf(
    (plan?.lines ?? []).map(({ text, speech }) => ({ text, seconds: speech.end - speech.start })),
    language,
  );
}

/** @param spoken texts and how long each took to say, before any change of tempo. */
export function paceOf(
  spoken: readonly { readonly text: string; readonly seconds: Seconds }[],
  language: string | undefined,
): number {
  const samples = spoken.map(({ text, seconds }) => ({
    characters: speakingCharacters(text),
    seconds,
  }));
  return learnPace(samples, language ?? "und");
}
