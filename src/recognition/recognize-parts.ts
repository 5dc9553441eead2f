/** Has the parts of a sound recognised, several at once, and settles what language they are in. */
import type { Call } from "../core/call.ts";
import { DubberError, isAbortError } from "../core/error.ts";
import { mapStream } from "../core/map-stream.ts";
import type { Seconds, Slot } from "../core/segment.ts";
import { listeningRate } from "../core/sound.ts";
import { isForEverybody } from "../scheduler/failures.ts";
import type { SoundPart } from "./cut-sound.ts";
import { doubtfulParts } from "./doubtful-parts.ts";
import type { PartCache } from "./part-cache.ts";
import {
  describeOtherLanguages,
  type LanguageVote,
  languageVote,
  mainLanguage,
} from "./part-language.ts";
import { type FailedPart, partsError } from "./parts-error.ts";
import type { RecognitionRequest, RecognitionResult } from "./recognizer.ts";

/** A part and what was heard in it; its sound is gone. */
export type HeardPart = Slot & {
  readonly index: number;
  readonly speech: readonly Slot[];
  /** Times in seconds from the start of the part, as the recogniser gave them. */
  readonly result: RecognitionResult;
};

/** How one part ended: `silent` ones are not asked for, `kept` ones were heard in an earlier run. */
export type PartOutcome = Slot & {
  readonly index: number;
  readonly status: "heard" | "kept" | "silent" | "failed";
};

export type RecognizeOptions = {
  /** Asks the recogniser, waiting and trying again as a scheduler does; its errors are final. */
  readonly recognize: (request: RecognitionRequest, call: Call) => Promise<RecognitionResult>;
  /** Parts in work at once, a whole number ≥ 1. */
  readonly limit: number;
  readonly cache?: PartCache;
  /** BCP 47; without it each part is asked what it is in. */
  readonly language?: string;
  readonly prompt?: string;
  /** Called once per part, as they end; must not throw. */
  readonly onPart?: (outcome: PartOutcome) => void;
};

/** What all parts came to. */
export type HeardParts = {
  /** In the order of the sound. */
  readonly parts: readonly HeardPart[];
  /** As stated, else the one most is said in, two or three letters; none when no part told. */
  readonly language?: string;
  readonly warnings: readonly string[];
  /** Sound sent to the recogniser now, seconds; what the cache had costs nothing. */
  readonly askedSeconds: Seconds;
};

const nothing: RecognitionResult = { phrases: [], hasTimes: true, warnings: [] };

/**
 * Recognises every part in which there may be speech, at most `limit` at once; in memory are the parts in work only.
 *
 * No part waits for the language: each is asked without one, and the language most is said in is that of the sound. A part that came out in another
 * one though little is said in it (under 3 s), or the recogniser does not trust it, is then asked again with the main language stated. A
 * second language somebody really speaks stays, with a warning. Given a language, all parts are asked in it.
 *
 * @param parts pulled as they are needed.
 * @throws DubberError what every part would meet (a wrong key, an unknown model, no money) at once, as long as nothing was heard; `disk_full`,
 *   `not_writable`; when all other parts are done, one that names the times of those that failed for good; the signal's reason.
 */
export async function recognizeParts(
  parts: AsyncIterable<SoundPart>,
  { recognize, limit, cache, language, prompt, onPart }: RecognizeOptions,
  { signal }: Call = {},
): Promise<HeardParts> {
  const heard: HeardPart[] = [];
  const votes: LanguageVote[] = [];
  const failed: FailedPart[] = [];
  const doubtful = doubtfulParts();
  let askedSeconds: Seconds = 0;
  let hasHeard = false;

  async function ask(samples: Int16Array, stated: string | undefined, call: Call) {
    const request: RecognitionRequest = {
      samples,
      ...(stated !== undefined && { language: stated }),
      ...(prompt !== undefined && { prompt }),
    };
    const kept = await cache?.read(request);
    if (kept !== undefined) return { result: kept, status: "kept" } as const;
    const result = await recognize(request, call);
    hasHeard = true;
    askedSeconds += samples.length / listeningRate;
    await cache?.write(request, result);
    return { result, status: "heard" } as const;
  }

  async function hear(part: SoundPart, call: Call): Promise<PartOutcome["status"]> {
    const { index, start, end, speech, samples } = part;
    const done = (result: RecognitionResult) => {
      heard[index] = { index, start, end, speech, result };
      votes[index] = languageVote(part, result);
    };
    if (!part.hasSpeech) {
      done(nothing);
      return "silent";
    }
    try {
      const { result, status } = await ask(samples, language, call);
      done(result);
      if (language === undefined) doubtful.keep(index, samples, votes);
      return status;
    } catch (error) {
      note(error, part, call);
      done(nothing);
      return "failed";
    }
  }

  /** Throws what the other parts would meet as well. */
  function note(error: unknown, { start, end }: Slot, call: Call): void {
    call.signal?.throwIfAborted();
    const isOfThisPart =
      error instanceof DubberError && !isOfTheDisk(error) && !isAbortError(error);
    if (!isOfThisPart || error.code === "too_expensive") throw error;
    if (!hasHeard && isForEverybody(error, false)) throw error;
    failed.push({ start, end, error });
  }

  const call = signal ? { signal } : {};
  const outcomes = mapStream(
    parts,
    limit,
    async (part, within) => {
      const { index, start, end } = part;
      return { index, start, end, status: await hear(part, within) };
    },
    call,
  );
  for await (const outcome of outcomes) onPart?.(outcome);

  const main = language ?? mainLanguage(votes);
  const again = main === undefined || language !== undefined ? [] : doubtful.otherThan(main);
  const corrected = mapStream(
    again,
    limit,
    async ([index, samples], within) => {
      const part = heard[index] as HeardPart;
      try {
        const { result } = await ask(samples, main, within);
        heard[index] = { ...part, result };
        votes[index] = languageVote(
          part,
          main === undefined ? result : { ...result, language: main },
        );
      } catch (error) {
        note(error, part, within);
      }
    },
    call,
  );
  for await (const _ of corrected);

  if (failed.length > 0) {
    throw partsError(
      failed.sort((a, b) => a.start - b.start),
      heard.length,
    );
  }
  const others =
    main === undefined || language !== undefined ? [] : describeOtherLanguages(votes, main);
  return {
    parts: heard,
    ...(main !== undefined && { language: main }),
    warnings: [...said(heard), ...others],
    askedSeconds,
  };
}

function isOfTheDisk({ code }: DubberError): boolean {
  return code === "disk_full" || code === "not_writable";
}

/** The recogniser's own warnings, each once. */
function said(parts: readonly HeardPart[]): string[] {
  return [...new Set(parts.flatMap(({ result }) => result.warnings))];
}
