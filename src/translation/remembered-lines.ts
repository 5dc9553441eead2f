/** Which translation a line may take from the memory: what it depends on, and what it does not. */
import { z } from "zod";
import { hashValue } from "../core/hash.ts";
import type { Seconds } from "../core/segment.ts";
import type { SourceLine, TranslationManner, TranslationMemory, Wordings } from "./contract.ts";
import { termsIn } from "./glossary-terms.ts";

/** A translation as it is kept. */
export type KeptTranslation = { readonly wordings: Wordings; readonly warnings: readonly string[] };

/** Changes with the question: what was asked for in other words is asked for again. */
const questionVersion = 1;
/** Each class of time is a quarter longer than the one before. */
const timeStep = 1.25;
/**
 * Classes whose translations a line may take, besides its own: asked for up to a quarter more time, which a choice of three wordings
 * makes good, or down to half as much. The nearest comes first.
 */
const otherClasses = [1, -1, -2, -3] as const;

const keptSchema = z.object({
  wordings: z.object({
    short: z.string().min(1),
    normal: z.string().min(1),
    long: z.string().min(1),
  }),
  warnings: z.array(z.string()),
});

/**
 * What a line's translation depends on: the model, the languages, its own text, the glossary's terms in it, style, formality and its
 * speaker's gender. Not on its neighbours, on the summary, or on the voice's pace: a change of these costs nothing. Its time counts
 * only roughly, see {@link recall}.
 */
export function lineKey(line: SourceLine, manner: TranslationManner, version: string): string {
  const { from, to, glossary, style, formality, genders } = manner;
  return hashValue({
    ...{ question: "translation", questionVersion, version, from, to, style, formality },
    text: line.text,
    gender: genders[line.speaker ?? ""],
    terms: termsIn(glossary, line.text),
  });
}

/** The class of a length of time: times that differ by less than a quarter are in the same one or in neighbours. */
export function timeClass(seconds: Seconds): number {
  return Math.round(Math.log(Math.max(seconds, 0.1) || 0.1) / Math.log(timeStep));
}

/** True when what was asked for in one class of time will do in another. */
export function isNear(asked: number, wanted: number): boolean {
  return asked === wanted || otherClasses.some((step) => asked === wanted + step);
}

/**
 * What the memory has for a line, asked for in about the time it has now. What is found in a neighbouring class is kept in the
 * line's own too, so that it stays with this line.
 *
 * @param key see {@link lineKey}.
 */
export function recall(
  memory: TranslationMemory,
  key: string,
  wanted: number,
): KeptTranslation | undefined {
  for (const step of [0, ...otherClasses]) {
    const { data } = keptSchema.safeParse(memory.get(nameOf(key, wanted + step)));
    if (data === undefined) continue;
    if (step !== 0) keep(memory, key, wanted, data);
    return data;
  }
  return undefined;
}

/** Keeps a translation for a line and a class of time. */
export function keep(
  memory: TranslationMemory,
  key: string,
  asked: number,
  kept: KeptTranslation,
): void {
  memory.set(nameOf(key, asked), kept);
}

function nameOf(key: string, time: number): string {
  return `${key}:${time}`;
}
