/** Mixes one part of a dub and writes it to its place in the output file. Runs in a worker; blocks its thread. */
import { closeSync, openSync, writeSync } from "node:fs";
import { DubberError, describeFileError } from "../core/error.ts";
import { dbToAmplitude } from "./decibels.ts";
import { type DuckPlan, gainRuns } from "./duck.ts";
import { Limiter, limiterReach } from "./limiter.ts";
import {
  addToMono,
  addToStereo,
  roundInto,
  setRamped,
  setScaled,
  staysUnder,
} from "./sample-loops.ts";
import { dataOffset } from "./wav-header.ts";
import { openWav, type WavReader } from "./wav-reader.ts";
import { encodeSamples } from "./wav-samples.ts";

export type PlacedClip = {
  /** A mono WAV file at the job's sample rate. */
  readonly path: string;
  /** Where its first frame lands; may be negative, then its beginning is not heard. */
  readonly startFrame: number;
  readonly frames: number;
  /** Default 0. */
  readonly gainDb?: number;
};

/** Frames `from` to `to` of a job. Everything in it is plain data. */
export type MixPart = {
  readonly outPath: string;
  readonly from: number;
  readonly to: number;
  /** The length of the whole job. */
  readonly frames: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly background?: { readonly path: string; readonly gainDb: number; readonly duck: DuckPlan };
  /** Sorted by start; all that touch the part, the limiter's reach included. */
  readonly clips: readonly PlacedClip[];
  readonly gainDb: number;
  readonly ceilingDb: number;
};

/** About 1.4 s at 48 kHz: the buffers still fit the processor's cache, and the limiter's margins cost 3 %. */
export const usualBlockFrames = 65_536;

/**
 * Mixes and limits the frames of a part and writes them as 16-bit samples. The output file exists already.
 * The bytes do not depend on how a job was cut into parts, nor on `blockFrames`.
 *
 * @throws DubberError `not_found`, `invalid_media` for an input; `disk_full`.
 */
export async function mixPart(
  part: MixPart,
  blockFrames: number = usualBlockFrames,
): Promise<void> {
  const { channels } = part;
  const reach = limiterReach(part.sampleRate);
  // In units of a 16-bit step. A whole number: then rounding cannot lift a limited sample over it.
  const limit = Math.min(0x7fff, Math.floor(0x8000 * dbToAmplitude(part.ceilingDb)));
  const workspace = takeWorkspace({ limit, sampleRate: part.sampleRate, channels, blockFrames });
  const { limiter, mix, input, output } = workspace;
  await using background =
    part.background && (await openInput(part.background.path, part, channels));
  const clips = new ActiveClips(part);
  const file = openOutput(part.outPath);
  try {
    for (let from = part.from; from < part.to; from += blockFrames) {
      const to = Math.min(part.to, from + blockFrames);
      const mixFrom = Math.max(0, from - reach);
      const mixTo = Math.min(part.frames, to + reach);
      const block = mix.subarray(0, (mixTo - mixFrom) * channels);
      if (background === undefined) block.fill(0);
      else setBackground({ part, wav: background, block, input, from: mixFrom, to: mixTo });
      await clips.moveTo(mixFrom, mixTo);
      clips.addTo(block, input, mixFrom);
      const samples = output.subarray(0, (to - from) * channels);
      const offset = (from - mixFrom) * channels;
      // Most blocks need no limiting: they are rounded at once, and again only if something in reach was over.
      const isUnder =
        roundInto(samples, block, offset, limit) &&
        staysUnder(block.subarray(0, offset), limit) &&
        staysUnder(block.subarray(offset + samples.length), limit);
      if (!isUnder) {
        limiter.apply(block);
        roundInto(samples, block, offset, Number.POSITIVE_INFINITY);
      }
      writeAll(file, samples, dataOffset + from * channels * 2);
    }
  } catch (error) {
    throw describeFileError(error, part.outPath);
  } finally {
    closeSync(file);
    await clips.close();
    spare = workspace;
  }
}

type WorkspaceShape = {
  readonly limit: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly blockFrames: number;
};

type Workspace = WorkspaceShape & {
  readonly limiter: Limiter;
  readonly mix: Float32Array;
  readonly input: Int16Array;
  readonly output: Int16Array;
};

/** The buffers of the last part, for the next: garbage of this size is collected late and would double the memory. */
let spare: Workspace | undefined;

function takeWorkspace(shape: WorkspaceShape): Workspace {
  const { limit, sampleRate, channels, blockFrames } = shape;
  const found = spare;
  spare = undefined;
  if (
    found?.limit === limit &&
    found.sampleRate === sampleRate &&
    found.channels === channels &&
    found.blockFrames === blockFrames
  ) {
    return found;
  }
  const mostFrames = blockFrames + 2 * limiterReach(sampleRate);
  return {
    ...shape,
    limiter: new Limiter({ limit, sampleRate, channels, mostFrames }),
    mix: new Float32Array(mostFrames * channels),
    input: new Int16Array(mostFrames * channels),
    output: new Int16Array(blockFrames * channels),
  };
}

/** The clips that sound in the block at hand, open, in the order of the job. */
class ActiveClips {
  readonly #part: MixPart;
  #next = 0;
  #active: { wav: WavReader; clip: PlacedClip; amplitude: number }[] = [];

  constructor(part: MixPart) {
    this.#part = part;
  }

  /** Opens the clips that begin before `to` and closes those that ended before `from`. */
  async moveTo(from: number, to: number): Promise<void> {
    const { clips } = this.#part;
    for (const { wav, clip } of this.#active) if (endOf(clip) <= from) await wav.close();
    this.#active = this.#active.filter(({ clip }) => endOf(clip) > from);
    for (; this.#next < clips.length; this.#next++) {
      const clip = clips[this.#next] as PlacedClip;
      if (clip.startFrame >= to) break;
      if (endOf(clip) <= from) continue;
      const wav = await openInput(clip.path, this.#part, 1);
      const amplitude = dbToAmplitude((clip.gainDb ?? 0) + this.#part.gainDb);
      this.#active.push({ wav, clip, amplitude });
      if (wav.frames < clip.frames) {
        throw new DubberError(
          "invalid_media",
          `${clip.path} has ${wav.frames} frames where the mix needs ${clip.frames}.`,
        );
      }
    }
  }

  /** Adds every clip's share of the block that begins at frame `from`. */
  addTo(block: Float32Array, input: Int16Array, from: number): void {
    const { channels } = this.#part;
    const to = from + block.length / channels;
    for (const { wav, clip, amplitude } of this.#active) {
      const start = Math.max(from, clip.startFrame);
      const end = Math.min(to, endOf(clip));
      if (end <= start) continue;
      const samples = input.subarray(0, end - start);
      wav.readInt16Sync(start - clip.startFrame, samples);
      if (channels === 2) addToStereo(block, 2 * (start - from), samples, amplitude);
      else addToMono(block, start - from, samples, amplitude);
    }
  }

  async close(): Promise<void> {
    for (const { wav } of this.#active) await wav.close();
  }
}

function endOf(clip: PlacedClip): number {
  return clip.startFrame + clip.frames;
}

function setBackground(options: {
  part: MixPart;
  wav: WavReader;
  block: Float32Array;
  input: Int16Array;
  from: number;
  to: number;
}): void {
  const { part, wav, block, input, from, to } = options;
  const { gainDb, duck } = part.background as NonNullable<MixPart["background"]>;
  const samples = input.subarray(0, block.length);
  const filled = from < wav.frames ? wav.readInt16Sync(from, samples) : 0;
  samples.fill(0, filled * part.channels);
  const amplitude = dbToAmplitude(gainDb + part.gainDb);
  for (const run of gainRuns({ plan: duck, amplitude, from, to })) {
    const start = (run.start - from) * part.channels;
    const end = (run.end - from) * part.channels;
    if (run.ramp)
      setRamped(block, samples, { start, end, ramp: run.ramp, channels: part.channels });
    else setScaled(block, samples, { start, end, gain: run.gain });
  }
}

async function openInput(path: string, part: MixPart, channels: number): Promise<WavReader> {
  const wav = await openWav(path);
  if (wav.sampleRate === part.sampleRate && wav.channels === channels) return wav;
  await wav.close();
  throw new DubberError(
    "invalid_media",
    `${path} has ${wav.channels} channels at ${wav.sampleRate} Hz where the mix needs ${channels} at ${part.sampleRate} Hz.`,
  );
}

function openOutput(path: string): number {
  try {
    return openSync(path, "r+");
  } catch (error) {
    throw describeFileError(error, path);
  }
}

function writeAll(file: number, samples: Int16Array, position: number): void {
  const bytes = encodeSamples(samples, "s16");
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, bytes.length - written, position + written);
  }
}
