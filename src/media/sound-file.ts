/** Encodes spoken sound as a file that says its length; `sound-stream.ts` is for whoever wants to hear it before its end. */
import { open, stat } from "node:fs/promises";
import type { Call } from "../core/call.ts";
import { DubberError, describeFileError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { wavHeader, wavHeaderBytes, wavSamples } from "../core/wav-bytes.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import { encoderArguments } from "./sound-encoder.ts";
import { type SoundFormat, soundFormats } from "./sound-format.ts";
import { checkRate, nothingToEncode, rawInput, resampling } from "./sound-stream.ts";
import type { Tools } from "./tools.ts";
import { verifyOutput, wrongOutput } from "./verify.ts";

export type SoundFile = {
  /** Of the samples that went in; what an encoder pads does not count. */
  readonly seconds: Seconds;
  /** Hz, as the file says it: Opus always says 48000. */
  readonly sampleRate: number;
  readonly sizeBytes: number;
};

/** What a WAV can say in its 32 bits. */
const largestWavBytes = 0xffff_ffff - wavHeaderBytes;

/**
 * Writes a complete file and looks whether it is as long as the samples were, but for the codec's padding. Samples are taken as fast as they are encoded.
 *
 * @param samples one channel; what it throws is thrown.
 * @param sampleRate of the samples, Hz. `outRate`: of the file; default the same, or the nearest one the format has.
 * @param bitrateKbps default: see {@link soundFormats}.
 * @param outPath a name of the caller's, best a temporary one (`writeFileThrough`): what fails leaves a part of the file there.
 * @throws DubberError `invalid_media` when there is no sample, `invalid_options` for rates that are none and for a WAV above 4 GiB,
 *   `tool_failed`, `missing_tool`, `disk_full`, `not_writable`; the signal's reason.
 */
export async function encodeSoundFile(
  tools: Tools,
  {
    format,
    sampleRate,
    outRate,
    bitrateKbps,
    samples,
    outPath,
  }: {
    readonly format: SoundFormat;
    readonly sampleRate: number;
    readonly outRate?: number | undefined;
    readonly bitrateKbps?: number | undefined;
    readonly samples: AsyncIterable<Int16Array>;
    readonly outPath: string;
  },
  { signal }: Call = {},
): Promise<SoundFile> {
  for (const rate of [sampleRate, outRate ?? sampleRate]) checkRate(rate);
  signal?.throwIfAborted();
  const call = signal ? { signal } : {};
  const { codec, muxer, bitrateKbps: usual, paddingSamples } = soundFormats[format];
  const resampled = resampling({ sampleRate, outRate });
  let written = 0;
  async function* counted(): AsyncGenerator<Buffer, void, void> {
    for await (const piece of samples) {
      signal?.throwIfAborted();
      written += piece.length;
      yield wavSamples(piece);
    }
    if (written === 0) throw nothingToEncode();
  }
  if (codec === "pcm" && resampled.length === 0) {
    await writePlain(outPath, counted(), format === "wav" ? sampleRate : undefined);
  } else {
    const encoder = [...resampled, ...encoderArguments(codec, bitrateKbps ?? usual)];
    const bare = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"];
    const args = [...rawInput(sampleRate), ...encoder, ...bare, "-f", muxer, localFile(outPath)];
    await runFfmpeg(tools, args, { ...call, input: counted() });
  }
  const seconds = written / sampleRate;
  const { size: sizeBytes } = await stat(outPath);
  const rate = outRate ?? sampleRate;
  // A resampler rounds; no lossy encoder here works above 48 kHz.
  const tolerance = 2 / rate + paddingSamples / Math.min(rate, 48_000);
  if (format === "pcm") {
    checkLength(outPath, sizeBytes / 2 / rate, { seconds, tolerance });
    return { seconds, sampleRate: rate, sizeBytes };
  }
  const expected = { hasVideo: false, audio: 1, duration: seconds, tolerance };
  const info = await verifyOutput(tools, outPath, expected, call);
  return { seconds, sampleRate: info.audio[0]?.sampleRate ?? rate, sizeBytes };
}

/** Samples as they are, after a header that is written when their number is known. */
async function writePlain(
  path: string,
  bytes: AsyncIterable<Buffer>,
  wavRate: number | undefined,
): Promise<void> {
  const describe = (error: unknown): never => {
    throw describeFileError(error, path);
  };
  const file = await open(path, "w").catch(describe);
  try {
    if (wavRate !== undefined) await file.writeFile(wavHeader(0, wavRate)).catch(describe);
    let dataBytes = 0;
    for await (const piece of bytes) {
      await file.writeFile(piece).catch(describe);
      dataBytes += piece.length;
    }
    if (wavRate === undefined) return;
    if (dataBytes > largestWavBytes) throw tooLongForWav();
    await file.write(wavHeader(dataBytes, wavRate), 0, wavHeaderBytes, 0).catch(describe);
  } finally {
    await file.close();
  }
}

function tooLongForWav(): DubberError {
  return new DubberError("invalid_options", "The sound is longer than a WAV file can say.", {
    hint: "Choose flac, which loses nothing either.",
  });
}

function checkLength(
  path: string,
  found: Seconds,
  { seconds, tolerance }: { readonly seconds: Seconds; readonly tolerance: Seconds },
): void {
  if (Math.abs(found - seconds) <= tolerance) return;
  throw wrongOutput(path, `it is ${found.toFixed(3)} s instead of ${seconds.toFixed(3)} s long`);
}
