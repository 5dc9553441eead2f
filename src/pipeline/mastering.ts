/** Brings the mix to its loudness: one gain before one limiter, measured by ffmpeg's EBU R128 meter, corrected once or twice. */
import type { AudioWorkers } from "../audio/audio-workers.ts";
import type { MixJob } from "../audio/mix.ts";
import { writeFileThrough } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { measureLoudness } from "../media/loudness.ts";
import type { Tools } from "../media/tools.ts";

/** Close enough, LU: below what the meter's own rounding to 0.1 and a listener can tell. */
const toleranceLu = 0.25;
/** The limiter eats a part of every further dB, which the second render shows and the third takes into account. */
const maxRenders = 5;
/** Where the limiter stops samples, dBFS; what lies between two samples may be higher. */
const usualCeilingDb = -2;
/** True peak of the mix, dBTP: −1 is promised, and the codec that follows adds a little of its own. */
const highestTruePeak = -1.2;
/** A whisper of a track is not blown up to a roar of noise. */
const maxGainDb = 40;

export type Mastered = {
  /** The one gain, dB. */
  readonly gainDb: number;
  /** What the finished mix measures, LUFS; `null` when it is silent. */
  readonly integrated: number | null;
  /** dBTP; `null` when it is silent or was not measured (`off`). */
  readonly truePeak: number | null;
  readonly warnings: readonly string[];
};

/**
 * Renders `job` to `outPath` so that it measures `target` LUFS.
 *
 * @param target LUFS, or `off`: no gain, the limiter only guards against clipping.
 * @param expected what the mix will measure without a gain, LUFS, as far as it can be told; a good guess saves a render.
 */
export async function renderAtLoudness(
  {
    job,
    workers,
    tools,
    target,
    expected,
    outPath,
  }: {
    readonly job: Omit<MixJob, "outPath" | "gainDb">;
    readonly workers: AudioWorkers;
    readonly tools: Tools;
    readonly target: number | "off";
    readonly expected: number;
    readonly outPath: string;
  },
  { onProgress, ...call }: Call & { readonly onProgress?: (share: number) => void } = {},
): Promise<Mastered> {
  return await writeFileThrough(outPath, async (temporaryPath) => {
    let gainDb = target === "off" ? 0 : target - expected;
    let ceilingDb = usualCeilingDb;
    let before: Measured | undefined;
    for (let render = 1; ; render++) {
      await workers.mix(
        { ...job, outPath: temporaryPath, gainDb, ceilingDb },
        {
          ...call,
          onProgress: (frames) => onProgress?.((render - 1 + frames / job.frames) / (render + 1)),
        },
      );
      const { integrated, truePeak = null } = await measureLoudness(tools, temporaryPath, {
        ...call,
        truePeak: target !== "off",
      });
      // Below the meter's absolute gate there is nothing to bring anywhere.
      if (!Number.isFinite(integrated) || integrated <= -70) {
        return { gainDb, integrated: null, truePeak: null, warnings: ["The dub is silent."] };
      }
      const missing = target === "off" ? 0 : target - integrated;
      const excess = (truePeak ?? highestTruePeak) - highestTruePeak;
      const isFar = Math.abs(missing) > toleranceLu;
      if (!isFar && excess <= 0) return { gainDb, integrated, truePeak, warnings: [] };
      const next = Math.min(
        maxGainDb,
        gainDb + missing / loudnessPerDb(before, { gainDb, integrated }),
      );
      if (render === maxRenders || (next === gainDb && excess <= 0)) {
        const came = `came out at ${integrated.toFixed(1)} LUFS`;
        const warnings = [
          ...(isFar ? [`The loudness ${came} instead of ${target}.`] : []),
          ...(excess > 0 ? [`The true peak is ${truePeak?.toFixed(1)} dBTP, above −1.`] : []),
        ];
        return { gainDb, integrated, truePeak, warnings };
      }
      if (excess > 0) ceilingDb -= excess;
      before = { gainDb, integrated };
      gainDb = next;
    }
  });
}

type Measured = { readonly gainDb: number; readonly integrated: number };

/** LU gained by the last dB of gain: 1 while the limiter sleeps, less when it works. */
function loudnessPerDb(before: Measured | undefined, now: Measured): number {
  if (before === undefined || before.gainDb === now.gainDb) return 1;
  const slope = (now.integrated - before.integrated) / (now.gainDb - before.gainDb);
  return Math.min(1, Math.max(0.25, slope));
}
