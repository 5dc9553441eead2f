/** Stretches and resamples spoken clips to the exact sample, once each, into a folder. */
import { readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { AudioWorkers } from "../audio/audio-workers.ts";
import type { Call } from "../core/call.ts";
import { hashValue } from "../core/hash.ts";
import { makeDirectory } from "../core/make-directory.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { Seconds, Slot } from "../core/segment.ts";

/** A spoken clip and where it is heard. */
export type PlacedClip = {
  /** WAV named by its content. */
  readonly path: string;
  /** The voice inside the clip, seconds. */
  readonly speech: Slot;
  readonly start: Seconds;
  readonly duration: Seconds;
};

export type FittedClip = {
  readonly path: string;
  readonly startFrame: number;
  readonly frames: number;
};

/**
 * Fits every clip to its place; a fitted clip that is there already is used again.
 * Start and end are rounded to samples separately, so that neighbours never overlap and nothing adds up.
 *
 * @returns one fitted clip for each, in order.
 */
export async function fitClips(
  clips: readonly PlacedClip[],
  {
    directory,
    sampleRate,
    workers,
    isOwner = false,
  }: {
    readonly directory: string;
    readonly sampleRate: number;
    readonly workers: AudioWorkers;
    /** True where nobody else uses the folder: clips that nothing needs any more are removed then. Default false. */
    readonly isOwner?: boolean;
  },
  call: Call = {},
): Promise<readonly FittedClip[]> {
  await makeDirectory(directory);
  const fitted = await mapConcurrent(
    clips,
    // One more than there are workers: the next clip is read while the last is written.
    workers.count + 1,
    async ({ path, speech, start, duration }) => {
      const startFrame = Math.round(start * sampleRate);
      const frames = Math.round((start + duration) * sampleRate) - startFrame;
      const recipe = { clip: basename(path), ...speech, frames, sampleRate };
      const outPath = join(directory, `${hashValue(recipe)}.wav`);
      if (!(await isThere(outPath, frames))) {
        await workers.fit({ path, outPath, ...speech, frames, sampleRate }, call);
      }
      return { path: outPath, startFrame, frames };
    },
    call,
  );
  if (!isOwner) return fitted;
  const used = new Set(fitted.map(({ path }) => path));
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (!used.has(path)) await rm(path, { force: true });
  }
  return fitted;
}

/** Clips are written atomically; the size tells whether somebody has cut one since. */
async function isThere(path: string, frames: number): Promise<boolean> {
  return await stat(path).then(
    ({ size }) => size > frames * Int16Array.BYTES_PER_ELEMENT,
    () => false,
  );
}
