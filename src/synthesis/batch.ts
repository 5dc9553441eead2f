/** Texts in, files out: many at once through one engine, for programs that name their own files. */
import { randomUUID } from "node:crypto";
import { rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { temporaryPrefix, writeFileAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError, describeFileError } from "../core/error.ts";
import { makeDirectory } from "../core/make-directory.ts";
import { mapStream } from "../core/map-stream.ts";
import { toDubberError } from "../scheduler/failures.ts";
import { BatchError } from "./batch-error.ts";
import { engineTitle } from "./engine-title.ts";
import { longestFirst } from "./longest-first.ts";
import { type ScheduledSynthesizer, scheduleCalls } from "./schedule.ts";
import type { SpeechRequest, Synthesizer } from "./synthesizer.ts";
import { wavClipParts } from "./wav-clip.ts";

/** How every text of a batch is spoken. */
export type BatchOptions = Omit<SpeechRequest, "text" | "previousText" | "nextText"> & {
  /** Requests in flight at most, over all calls of the function together: 1 to 1,000, or `auto`. Default 5. */
  readonly maxConcurrent?: number | "auto";
  /** Tries after the first for a request that failed for a moment. Default 4; 0 leaves them to the caller. */
  readonly maxRetries?: number;
};

/** One text is done. */
export type BatchItem = {
  /** Of the text in the input. */
  readonly index: number;
  /** The file, or why there is none. */
  readonly path?: string;
  readonly error?: DubberError;
  /** What the engine could not do as asked, such as an instruction it does not understand. */
  readonly warnings: readonly string[];
  /** Texts done, whichever way, of `total`. */
  readonly done: number;
  readonly total: number;
};

/** Speaks `texts[i]` into `outputPaths[i]`. */
export type SynthBatch = {
  /**
   * @returns the paths, in the order of the inputs.
   * @throws DubberError `invalid_options` (lengths that differ, two equal paths), before the first request;
   *   {@link BatchError} when all texts have ended and some failed; the signal's reason.
   */
  (texts: readonly string[], outputPaths: readonly string[], call?: Call): Promise<string[]>;
  /** The same, told text by text as they end, with the engine's warnings; failures are items, not exceptions. */
  each(
    texts: readonly string[],
    outputPaths: readonly string[],
    call?: Call,
  ): AsyncGenerator<BatchItem, void, void>;
};

/**
 * Makes a function that speaks batches with any engine. Files are WAV, 16 bits, mono, at the engine's rate; each is whole or
 * not there.
 *
 * @param synthesizer an engine, or how to open it at the first call. It stays the caller's to close.
 */
export function makeSynthBatch({
  synthesizer,
  maxConcurrent,
  maxRetries,
  ...how
}: BatchOptions & {
  readonly synthesizer: Synthesizer | (() => Promise<Synthesizer>);
}): SynthBatch {
  let opening: Promise<ScheduledSynthesizer> | undefined;
  async function open(): Promise<ScheduledSynthesizer> {
    const engine = typeof synthesizer === "function" ? await synthesizer() : synthesizer;
    return scheduleCalls(engine, {
      ...(maxConcurrent !== undefined && { limit: maxConcurrent }),
      ...(maxRetries !== undefined && { retries: maxRetries }),
    });
  }

  async function* each(
    texts: readonly string[],
    outputPaths: readonly string[],
    call: Call = {},
  ): AsyncGenerator<BatchItem, void, void> {
    checkInputs(texts, outputPaths, how);
    opening ??= open();
    const engine = await opening;
    const refusals = await refusedFolders(outputPaths, engine.name);
    const items = texts.map((text, index) => ({ text, index, path: outputPaths[index] as string }));
    const total = texts.length;
    let done = 0;
    const ended = mapStream(
      longestFirst(items, items.length + 1),
      engine.lanes,
      async ({ text, index, path }, inner) => {
        // Speech that cannot be kept should not be paid for.
        const refusal = refusals.get(dirname(path)) ?? (await refusedPath(path));
        if (refusal !== undefined) return { index, error: refusal, warnings: [] };
        return { index, ...(await speakInto(path, engine, { ...how, text }, inner)) };
      },
      call,
    );
    for await (const item of ended) yield { ...item, done: ++done, total };
  }

  async function batch(
    texts: readonly string[],
    outputPaths: readonly string[],
    call: Call = {},
  ): Promise<string[]> {
    const errors = new Map<number, DubberError>();
    for await (const { index, error } of each(texts, outputPaths, call)) {
      if (error !== undefined) errors.set(index, error);
    }
    if (errors.size === 0) return [...outputPaths];
    throw new BatchError(
      outputPaths.map((path, index) => {
        const error = errors.get(index);
        return error === undefined ? { path } : { error };
      }),
    );
  }
  return Object.assign(batch, { each });
}

async function speakInto(
  path: string,
  engine: ScheduledSynthesizer,
  request: SpeechRequest,
  call: Required<Call>,
): Promise<Pick<BatchItem, "path" | "error" | "warnings">> {
  try {
    const { audio, sampleRate, warnings } = await engine.speak(request, call);
    await writeFileAtomic(path, wavClipParts(audio, sampleRate));
    return { path, warnings };
  } catch (error) {
    call.signal.throwIfAborted();
    return {
      error: toDubberError(describeFileError(error, path), engineTitle(engine.name)),
      warnings: [],
    };
  }
}

/** Folders no file can be made in, each tried once. Missing ones are made. */
async function refusedFolders(
  paths: readonly string[],
  engine: string,
): Promise<ReadonlyMap<string, DubberError>> {
  const refusals = new Map<string, DubberError>();
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const probe = join(folder, `${temporaryPrefix}${randomUUID()}`);
    try {
      await makeDirectory(folder);
      await writeFile(probe, "");
      await rm(probe);
    } catch (error) {
      refusals.set(folder, toDubberError(describeFileError(error, folder), engineTitle(engine)));
    }
  }
  return refusals;
}

async function refusedPath(path: string): Promise<DubberError | undefined> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return undefined;
  return new DubberError("not_writable", `${path} is a folder, not a file.`, {
    hint: "Give the file's own name.",
  });
}

const inputsSchema = z.object({
  texts: z.array(z.string()),
  outputPaths: z.array(z.string().min(1)),
  voice: z.string().min(1),
});

function checkInputs(
  texts: unknown,
  outputPaths: unknown,
  { voice, recording }: Pick<BatchOptions, "voice" | "recording">,
): void {
  // With a recording nobody has to be named.
  const speaker = recording === undefined ? voice : "the recording";
  const checked = inputsSchema.safeParse({ texts, outputPaths, voice: speaker });
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new DubberError(
      "invalid_options",
      `This batch cannot be spoken: ${issue?.path.join(".")}: ${issue?.message}.`,
      { hint: "Texts and paths are lists of strings, a voice is a name. Nothing was requested." },
    );
  }
  const { texts: all, outputPaths: paths } = checked.data;
  if (all.length !== paths.length) {
    throw new DubberError(
      "invalid_options",
      `There are ${all.length} texts for ${paths.length} output paths.`,
      { hint: "Give one path for each text. Nothing was requested." },
    );
  }
  const seen = new Set<string>();
  for (const path of paths) {
    const absolute = resolve(path);
    if (seen.has(absolute)) {
      throw new DubberError("invalid_options", `Two texts would be written to ${path}.`, {
        hint: "Give each text a path of its own. Nothing was requested.",
      });
    }
    seen.add(absolute);
  }
}
