/** Makes a voice sample of a recording that a stranger has uploaded: whatever it was, what is stored is a plain WAV of speech. */
import { lstat } from "node:fs/promises";
import { resolve } from "node:path";
import { writeFileAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { hashBytes } from "../core/hash.ts";
import type { Seconds } from "../core/segment.ts";
import { wavHeader, wavSamples } from "../core/wav-bytes.ts";
import { openFfmpegPipe, openPlainPipe } from "./byte-pipe.ts";
import { checkRate, rawInput } from "./sound-stream.ts";
import type { Tools } from "./tools.ts";
import { silenceDb, trimSilence } from "./trim-silence.ts";
import { decodeUpload, type UploadPiece } from "./upload-decoder.ts";
import { empty, silent, takesTooLong, tooShort } from "./upload-verdicts.ts";

/** What is stored, and what it was made of. */
export type VoiceSample = {
  /** Of what is stored. */
  readonly seconds: Seconds;
  /** Hz. */
  readonly sampleRate: number;
  readonly sizeBytes: number;
  /** Of the stored file: the same sound has the same. */
  readonly sha256: string;
  /** Of the upload: what was really in it, with its silences. */
  readonly sourceSeconds: Seconds;
  readonly sourceSampleRate: number;
  readonly sourceChannels: number;
};

export type VoiceSampleOptions = {
  /** A plain file under a name of the server's own; it is not changed. */
  readonly path: string;
  /** Replaced atomically, when all is well; nothing is left there, or beside it, otherwise. */
  readonly outPath: string;
  /** The longest recording that is taken; it is decoded no further. */
  readonly maxSeconds: Seconds;
  /** The shortest. Silence is left where the sample would get shorter than that. Default 0. */
  readonly minSeconds?: Seconds;
  /** Of what is stored, Hz. Default 24000. */
  readonly sampleRate?: number;
  /** How long decoding may take before it is killed, milliseconds. Default 20000. */
  readonly timeLimitMs?: number;
};

/**
 * Decodes the first sound stream of an upload in child processes that can open nothing else, and stores it as a mono 16-bit WAV with the plain
 * header of 44 bytes: no metadata, its level as it was, at most 0.2 s of silence at either end.
 *
 * @throws DubberError `invalid_media` when the upload is no recording, holds no sound, is damaged, too long, too short or silent, says it has a rate or
 *   channels nobody records, or takes too long to decode; `tool_failed`, `missing_tool`, `disk_full`, `not_writable`, `unreadable`. No message and no hint
 *   holds a path, ffmpeg's words or anything of the file. The signal's reason.
 */
export async function decodeVoiceSample(
  tools: Tools,
  {
    path,
    outPath,
    maxSeconds,
    minSeconds = 0,
    sampleRate = 24_000,
    timeLimitMs = 20_000,
  }: VoiceSampleOptions,
  { signal }: Call = {},
): Promise<VoiceSample> {
  signal?.throwIfAborted();
  checkRate(sampleRate);
  await checkUpload(path);
  const limit = AbortSignal.timeout(timeLimitMs);
  const call = { signal: signal ? AbortSignal.any([signal, limit]) : limit };
  const upload = decodeUpload(tools, { path: resolve(path), maxSeconds }, call);
  const { samples, source } = await readMono(tools, { upload, sampleRate }, call).catch((error) => {
    signal?.throwIfAborted();
    if (limit.aborted) throw takesTooLong(timeLimitMs / 1000);
    throw withoutPath(error, "The recording could not be decoded: ffmpeg failed.");
  });
  if (source.seconds < minSeconds) throw tooShort(source.seconds, minSeconds);
  const sound = trimSilence(samples, { sampleRate, minSeconds });
  if (sound === undefined) throw silent(silenceDb);
  const data = wavSamples(sound);
  const header = wavHeader(data.length, sampleRate);
  await writeFileAtomic(outPath, [header, data]).catch((error) => {
    throw withoutPath(error, "The voice sample could not be stored.");
  });
  return {
    seconds: sound.length / sampleRate,
    sampleRate,
    sizeBytes: header.length + data.length,
    sha256: hashBytes(Buffer.concat([header, data])),
    sourceSeconds: source.seconds,
    sourceSampleRate: source.sampleRate,
    sourceChannels: source.channels,
  };
}

/** The server has written it; anything but a plain file there is no doing of the person's. */
async function checkUpload(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (!facts?.isFile()) {
    throw new DubberError("unreadable", "The uploaded recording is gone, or it is no plain file.");
  }
  if (facts.size === 0) throw empty();
}

type Mono = {
  readonly samples: Int16Array;
  readonly source: {
    readonly seconds: Seconds;
    readonly sampleRate: number;
    readonly channels: number;
  };
};

/** Reads the upload to its end as one channel at `sampleRate`; its end says whether it was any good. */
async function readMono(
  tools: Tools,
  {
    upload,
    sampleRate,
  }: {
    readonly upload: AsyncGenerator<UploadPiece, void, void>;
    readonly sampleRate: number;
  },
  call: Call,
): Promise<Mono> {
  const first = await upload.next();
  // It ends without a piece only by throwing.
  if (first.done) throw new DubberError("internal", "An upload without sound was not refused.");
  const form = first.value;
  const isPlain = form.channels === 1 && form.sampleRate === sampleRate;
  const output = ["-ac", "1", "-ar", `${sampleRate}`, "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"];
  const pipe = isPlain
    ? openPlainPipe(call)
    : openFfmpegPipe(tools, [...rawInput(form.sampleRate, form.channels), ...output], call);
  let sourceBytes = form.bytes.length;
  const feed = async (): Promise<void> => {
    try {
      await pipe.write(form.bytes);
      for await (const { bytes } of upload) {
        sourceBytes += bytes.length;
        await pipe.write(bytes);
      }
      await pipe.end();
    } catch (error) {
      await pipe.abort(error);
    }
  };
  const fed = feed();
  try {
    const samples = await readSamples(pipe.readable);
    const seconds = sourceBytes / (2 * form.channels) / form.sampleRate;
    return { samples, source: { seconds, sampleRate: form.sampleRate, channels: form.channels } };
  } finally {
    await fed;
    await upload.return();
  }
}

async function readSamples(bytes: AsyncIterable<Buffer>): Promise<Int16Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  const whole = Buffer.concat(chunks);
  // A copy of its own, which begins at an even byte; s16le is what every machine Node runs on has in memory.
  const samples = new Int16Array(whole.length >> 1);
  Buffer.from(samples.buffer).set(whole.subarray(0, samples.byteLength));
  return samples;
}

/** The same failure for people who must not learn where the server keeps its files; verdicts on the upload are made for them. */
function withoutPath(error: unknown, message: string): DubberError {
  if (!(error instanceof DubberError))
    return new DubberError("internal", message, { cause: error });
  if (error.code === "invalid_media") return error;
  const { code, hint, retryable } = error;
  const said = code === "disk_full" ? `${message} The disk is full.` : message;
  return new DubberError(code, said, { ...(hint && { hint }), retryable, cause: error });
}
