/** AAC of long sound, encoded by several ffmpeg processes at once and spliced frame by frame. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { temporaryPrefix } from "../core/atomic-file.ts";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { Seconds } from "../core/segment.ts";
import { localFile, runFfmpeg, type Work } from "./ffmpeg.ts";
import type { Tools } from "./tools.ts";
import type { WavData } from "./wav-data.ts";

/** Samples one AAC frame stands for; the encoder puts one silent frame before the first. */
const frameSamples = 1024;
/**
 * Frames encoded before and after each part and thrown away: the encoder's choices (window shapes, rate control) have
 * settled when the part begins, and it sees what comes after its end.
 */
const overlapFrames = 16;
/** A part of about this length makes starting a process cheap. */
const partSeconds = 80;

/**
 * How many parts sound of this length has. It depends on the length alone, so that the bytes are the same on any
 * number of cores, and is a multiple of eight where it is large, so that the cores end together.
 */
export function countParts(duration: Seconds): number {
  const wanted = duration / partSeconds;
  if (duration <= 60) return 1;
  return wanted <= 2 ? 2 : wanted <= 4 ? 4 : 8 * Math.ceil(wanted / 8);
}

/**
 * Encodes a 16-bit WAV as AAC in an M4A file, in {@link countParts} parts. Sample count, start and length are those
 * of one encode of the whole.
 *
 * @param parallel ffmpeg processes at once; changes nothing but the time it takes.
 */
export async function encodeAacInParts(
  tools: Tools,
  {
    path,
    wav,
    outPath,
    bitrateKbps,
    parallel,
  }: {
    readonly path: string;
    readonly wav: WavData;
    readonly outPath: string;
    readonly bitrateKbps: number;
    readonly parallel: number;
  },
  { signal, onProgress }: Work,
): Promise<void> {
  const { sampleRate, frames: samples } = wav;
  const total = Math.ceil(samples / frameSamples) + 1;
  const count = countParts(samples / sampleRate);
  const parts = Array.from({ length: count }, (_, index) => ({
    first: Math.round((index * total) / count),
    end: Math.round(((index + 1) * total) / count),
  }));
  const folder = await mkdtemp(join(dirname(outPath), `${temporaryPrefix}sound-`));
  const done = new Array<Seconds>(count).fill(0);
  // The first failure ends the others as well: their work would be thrown away.
  const failure = new AbortController();
  const either = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
  try {
    const files = await mapConcurrent(
      parts,
      parallel,
      async (part, index) => {
        const file = join(folder, `${index}.aac`);
        const report = (seconds: Seconds): void => {
          done[index] = Math.min(seconds, ((part.end - part.first) * frameSamples) / sampleRate);
          onProgress?.(done.reduce((sum, one) => sum + one, 0));
        };
        try {
          const work = { signal: either, onProgress: report };
          return await encodePart(tools, { path, wav, part, file, bitrateKbps }, work);
        } catch (error) {
          failure.abort(error);
          throw error;
        }
      },
      { signal: either },
    );
    const lastSamples = samples - (total - 2) * frameSamples;
    const last = `setts=duration='if(eq(N,${total - 1}),DURATION*${lastSamples}/${frameSamples},DURATION)'`;
    const shift = (-frameSamples / sampleRate).toFixed(7);
    const input = ["-itsoffset", shift, "-f", "aac", "-i", "pipe:0"];
    await runFfmpeg(
      tools,
      [
        ...input,
        "-c",
        "copy",
        "-bsf:a",
        last,
        "-fflags",
        "+bitexact",
        "-f",
        "ipod",
        localFile(outPath),
      ],
      { ...(signal ? { signal } : {}), input: splice(files) },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Part = { readonly first: number; readonly end: number };
type EncodedPart = { readonly file: string; readonly skip: number; readonly keep: number };

async function encodePart(
  tools: Tools,
  {
    path,
    wav,
    part,
    file,
    bitrateKbps,
  }: {
    readonly path: string;
    readonly wav: WavData;
    readonly part: Part;
    readonly file: string;
    readonly bitrateKbps: number;
  },
  work: Work,
): Promise<EncodedPart> {
  const from = Math.max(0, part.first - overlapFrames);
  const to = Math.min(wav.frames, (part.end + overlapFrames) * frameSamples);
  const bytes = from * frameSamples * wav.channels * 2;
  // Read as bare samples: byte positions are exact where seeking by time is not.
  const input = ["-f", "s16le", "-ar", String(wav.sampleRate), "-ac", String(wav.channels)];
  const skip = ["-skip_initial_bytes", String(wav.offset + bytes), "-i", localFile(path)];
  const filter = ["-af", `atrim=end_sample=${to - from * frameSamples}`];
  const output = ["-c:a", "aac", "-b:a", `${bitrateKbps}k`, "-flags:a", "+bitexact"];
  await runFfmpeg(
    tools,
    [...input, ...skip, ...filter, ...output, "-f", "adts", localFile(file)],
    work,
  );
  return { file, skip: part.first - from, keep: part.end - part.first };
}

async function* splice(parts: readonly EncodedPart[]): AsyncGenerator<Uint8Array> {
  for (const { file, skip, keep } of parts) {
    const bytes = await readFile(file);
    const start = skipFrames(bytes, 0, skip);
    yield bytes.subarray(start, skipFrames(bytes, start, keep));
  }
}

/** The position `count` ADTS frames after `from`; each starts with a sync word and says its length in 13 bits. */
function skipFrames(bytes: Buffer, from: number, count: number): number {
  let at = from;
  for (let left = count; left > 0; left--) {
    const isFrame = at + 7 <= bytes.length && (bytes.readUInt16BE(at) & 0xfff6) === 0xfff0;
    if (!isFrame) {
      throw new DubberError(
        "tool_failed",
        "ffmpeg's AAC encoder wrote fewer frames than expected.",
        {
          hint: "Use another build of ffmpeg, or an output that ends in .mkv or .webm.",
        },
      );
    }
    at += (bytes.readUInt32BE(at + 2) >>> 5) & 0x1fff;
  }
  return at;
}
