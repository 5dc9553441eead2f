/** Reads what `/v1/audio/transcriptions` answers: words and phrases with times, or text alone. */
import { z } from "zod";
import { DubberError } from "../core/error.ts";
import { parseLanguage } from "../core/language.ts";
import type { Seconds, Word } from "../core/segment.ts";
import type { HeardPhrase, RecognitionResult } from "./recognizer.ts";

const phrase = z.looseObject({
  start: z.number(),
  end: z.number(),
  text: z.string(),
  no_speech_prob: z.number().nullish(),
  avg_logprob: z.number().nullish(),
  compression_ratio: z.number().nullish(),
});
const word = z.looseObject({ word: z.string(), start: z.number(), end: z.number() });
const transcription = z.looseObject({
  text: z.string(),
  language: z.string().nullish(),
  segments: z.array(phrase).nullish(),
  words: z.array(word).nullish(),
});

/**
 * @param body parsed JSON of an answer.
 * @param seconds length of the part that was sent; text without times takes all of it.
 * @throws DubberError `engine_failed`, retryable, for an answer that is no transcription.
 */
export function readTranscription(
  body: unknown,
  seconds: Seconds,
  title: string,
): RecognitionResult {
  const read = transcription.safeParse(body);
  if (!read.success) {
    throw new DubberError(
      "engine_failed",
      `${title} answered with something that is no transcription.`,
      {
        retryable: true,
        hint: "Check that the address and the model are for speech recognition.",
        cause: read.error,
      },
    );
  }
  const { text, segments, words, language } = read.data;
  const known = readLanguage(language);
  const about = { ...(known !== undefined && { language: known }), warnings: [] };
  const isBlank = text.trim() === "";
  // Some servers send an empty list where they have no times.
  if (segments != null && (segments.length > 0 || isBlank)) {
    return { phrases: withWords(segments.map(toPhrase), words ?? []), hasTimes: true, ...about };
  }
  const phrases = isBlank ? [] : [{ start: 0, end: seconds, text }];
  return { phrases, hasTimes: false, ...about };
}

function toPhrase(found: z.infer<typeof phrase>): HeardPhrase {
  const { start, end, text, no_speech_prob, avg_logprob, compression_ratio } = found;
  return {
    ...{ start, end, text },
    ...(no_speech_prob != null && { noSpeech: no_speech_prob }),
    ...(avg_logprob != null && { confidence: avg_logprob }),
    ...(compression_ratio != null && { compression: compression_ratio }),
  };
}

/** Words come in a list of their own: each goes to the phrase its middle lies in, else to the nearest one. */
function withWords(
  phrases: readonly HeardPhrase[],
  words: readonly z.infer<typeof word>[],
): readonly HeardPhrase[] {
  if (words.length === 0 || phrases.length === 0) return phrases;
  const lists = phrases.map((): Word[] => []);
  for (const { word: text, start, end } of words) {
    const middle = (start + end) / 2;
    const distances = phrases.map((one) => Math.max(one.start - middle, middle - one.end, 0));
    lists[distances.indexOf(Math.min(...distances))]?.push({ text: text.trim(), start, end });
  }
  return phrases.map((one, index) => ({ ...one, words: lists[index] as Word[] }));
}

/** What Whisper calls some languages, where nobody else does or the name in ISO 639 says more. Source: the tokenizer of openai/whisper. */
const whisperNames: ReadonlyMap<string, string> = new Map([
  ["cantonese", "yue"],
  ["greek", "el"],
  ["khmer", "km"],
  ["myanmar", "my"],
  ["nynorsk", "nn"],
  ["occitan", "oc"],
]);

/** Whisper names languages in English words, other servers by code. */
function readLanguage(name: string | null | undefined): string | undefined {
  const said = name?.trim().toLowerCase() ?? "";
  if (said === "") return undefined;
  try {
    return whisperNames.get(said) ?? parseLanguage(said);
  } catch {
    return undefined;
  }
}
