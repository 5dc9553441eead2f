/** The dub's sound: clips at their places over the ducked original, one gain, a limiter. Workers do the work. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import { type Duck, type DuckPlan, planDuck } from "./duck.ts";
import { limiterReach } from "./limiter.ts";
import { type MixPart, type PlacedClip, usualBlockFrames } from "./mix-part.ts";
import { createWav } from "./wav-writer.ts";

export type MixJob = {
  /** Written in place, not atomically: a temporary name the caller renames. */
  readonly outPath: string;
  /** The exact length of the result. */
  readonly frames: number;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** A WAV file with the job's sample rate and channels; where it is shorter than the job, silence follows. */
  readonly background?: { readonly path: string; readonly gainDb: number; readonly duck?: Duck };
  /** Any order. Clips that overlap in time add up; what lies outside the job is not heard. */
  readonly clips: readonly PlacedClip[];
  /** One gain over everything, before the limiter. */
  readonly gainDb: number;
  /** No sample is louder than this, dBFS. Default −2, which leaves room for what AAC adds between samples. */
  readonly ceilingDb?: number;
};

export type MixCall = Call & {
  /** Called now and then with the frames that are ready, never more than the job has. */
  readonly onProgress?: (doneFrames: number) => void;
};

/** Who mixes the parts: {@link AudioWorkers}. */
type PartMixer = {
  /** Parts at work at once. */
  readonly count: number;
  mixPart(part: MixPart, call: Call): Promise<void>;
};

/**
 * Mixes a dub into a 16-bit WAV file of exactly `job.frames` frames. Callers use `AudioWorkers.mix`.
 *
 * Constant memory, time linear in clips and length. The bytes depend on the job alone: not on the number of workers, nor on
 * which of them did what.
 *
 * @throws DubberError `not_found`, `invalid_media` for an input that does not fit the job; `disk_full`. When it throws, no
 * worker writes any more.
 */
export async function mixDub(
  job: MixJob,
  mixer: PartMixer,
  { signal, onProgress }: MixCall = {},
): Promise<void> {
  if (!Number.isInteger(job.frames) || job.frames < 1) {
    throw new DubberError("invalid_options", `A mix needs at least 1 frame, not ${job.frames}.`);
  }
  signal?.throwIfAborted();
  const { outPath, sampleRate, channels, frames } = job;
  const output = await createWav(outPath, { sampleRate, channels, frames });
  await output.close();
  const call = signal ? { signal } : {};
  let done = 0;
  async function run(part: MixPart): Promise<void> {
    await mixer.mixPart(part, call);
    done += part.to - part.from;
    onProgress?.(done);
  }
  await mapConcurrent(cutIntoParts(job), mixer.count, run, call);
}

/** About 27 s at 48 kHz: enough parts for every worker, few enough messages. */
const partFrames = 20 * usualBlockFrames;

/** Gives every part the clips and the intervals it needs, in one pass over each. */
function cutIntoParts(job: MixJob): MixPart[] {
  const { outPath, frames, sampleRate, channels, gainDb, background } = job;
  const count = Math.ceil(frames / partFrames);
  const reach = limiterReach(sampleRate);
  // Sorting keeps the order of clips with the same start, and with it the order in which samples are added.
  const sorted = job.clips.toSorted((a, b) => a.startFrame - b.startFrame);
  const clips = share(sorted, count, (clip) => [
    clip.startFrame - reach,
    clip.startFrame + clip.frames + reach,
  ]);
  const duck = planDuck(background?.duck ?? { db: 0, intervals: [] }, sampleRate);
  const intervals = share(duck.intervals, count, ({ start, end }) => [
    start - duck.attackFrames - reach,
    end + duck.releaseFrames + reach,
  ]);
  return Array.from({ length: count }, (_, index) => ({
    outPath,
    from: index * partFrames,
    to: Math.min(frames, (index + 1) * partFrames),
    frames,
    sampleRate,
    channels,
    ...(background && {
      background: {
        path: background.path,
        gainDb: background.gainDb,
        duck: { ...duck, intervals: intervals[index] as DuckPlan["intervals"] },
      },
    }),
    clips: clips[index] as PlacedClip[],
    gainDb,
    ceilingDb: job.ceilingDb ?? -2,
  }));
}

/** One list per part: the items whose span of frames touches it, in their order. */
function share<T>(
  items: readonly T[],
  parts: number,
  span: (item: T) => readonly [number, number],
): T[][] {
  const lists = Array.from({ length: parts }, (): T[] => []);
  for (const item of items) {
    const [start, end] = span(item);
    const first = Math.max(0, Math.floor(start / partFrames));
    for (let part = first; part < parts && part * partFrames < end; part++) lists[part]?.push(item);
  }
  return lists;
}
