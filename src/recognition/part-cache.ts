/** Keeps what was heard in a part by the part's content, so that a rerun asks, and pays, only for what is missing. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.ts";
import { hashBytes, hashValue } from "../core/hash.ts";
import type { RecognitionRequest, RecognitionResult } from "./recognizer.ts";

/** JSON has no NaN and no Infinity; recognisers have. Both are "no time" when read back. */
const time = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const figure = z.number().nullable();
const storedResult = z.strictObject({
  phrases: z.array(
    z.strictObject({
      start: time,
      end: time,
      text: z.string(),
      words: z.array(z.strictObject({ text: z.string(), start: time, end: time })).optional(),
      noSpeech: figure.optional(),
      confidence: figure.optional(),
      compression: figure.optional(),
    }),
  ),
  hasTimes: z.boolean(),
  language: z.string().optional(),
  warnings: z.array(z.string()),
});

/** Results of recognisers, by what they depend on. */
export type PartCache = {
  /** What is kept, or undefined; a file that is damaged or not ours counts as none. */
  readonly read: (request: RecognitionRequest) => Promise<RecognitionResult | undefined>;
  /** @throws DubberError `disk_full`, `not_writable`. */
  readonly write: (request: RecognitionRequest, result: RecognitionResult) => Promise<void>;
};

/**
 * A cache of files `<hash>.json`, each whole or not there.
 *
 * @param directory made when the first result is kept; it may hold those of other recognisers and sounds as well.
 * @param version of the recogniser: everything a result depends on besides the request.
 */
export function partCache(directory: string, version: string): PartCache {
  const fileOf = ({ samples, language, prompt }: RecognitionRequest): string => {
    const sound = hashBytes(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    return join(directory, `${hashValue({ version, language, prompt, sound })}.json`);
  };
  return {
    async read(request) {
      try {
        const stored = storedResult.parse(JSON.parse(await readFile(fileOf(request), "utf8")));
        return resultOf(stored);
      } catch {
        // Not there or not whole: it is heard again, and whoever cannot write says so then.
        return undefined;
      }
    },
    write: (request, result) => writeJsonAtomic(fileOf(request), result),
  };
}

function resultOf({ phrases, language, ...rest }: z.infer<typeof storedResult>): RecognitionResult {
  return {
    ...rest,
    ...(language !== undefined && { language }),
    phrases: phrases.map(({ start, end, text, words, noSpeech, confidence, compression }) => ({
      ...{ start, end, text },
      ...(words && { words }),
      ...(typeof noSpeech === "number" && { noSpeech }),
      ...(typeof confidence === "number" && { confidence }),
      ...(typeof compression === "number" && { compression }),
    })),
  };
}
