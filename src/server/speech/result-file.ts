/** The finished sound of a task, as one file in the store: WAV and bare samples written here, the rest by ffmpeg. */
import { createHash, type Hash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Call } from "../../core/call.ts";
import { describeFileError } from "../../core/error.ts";
import { wavHeader, wavSamples } from "../../core/wav-bytes.ts";
import type { FileStore } from "../files/contract.ts";
import type { SpeechJob, Spoken } from "./job.ts";

export type Sound = {
  /** Hz. */
  readonly sampleRate: number;
  /** Mono, in pieces. */
  readonly samples: AsyncIterable<Int16Array> | Iterable<Int16Array>;
};

export type WriteResult = (
  result: { readonly taskId: string; readonly format: SpeechJob["format"]; readonly sound: Sound },
  call: Call,
) => Promise<Omit<Spoken, "synthesisTime" | "warnings">>;

/** Encodes samples to a file at `outPath`, whole, and says what the file says of itself; see the media folder. */
export type EncodeFile = (
  file: {
    readonly format: SpeechJob["format"];
    readonly outPath: string;
    readonly sampleRate: number;
    readonly samples: AsyncIterable<Int16Array>;
  },
  call: Call,
) => Promise<{ readonly sampleRate: number }>;

/** Bytes a WAV may have in one piece in memory. */
const smallBytes = 4 * 2 ** 20;

/**
 * @param folder for files in the making, on the same disk as the store.
 */
export function resultWriter({
  files,
  folder,
  encode,
}: {
  readonly files: FileStore;
  readonly folder: string;
  readonly encode: EncodeFile;
}): WriteResult {
  return async ({ taskId, format, sound }, call) => {
    const file = `${taskId}.${format}`;
    const { sampleRate } = sound;
    const small = format === "wav" || format === "pcm" ? smallSound(sound) : undefined;
    if (small !== undefined) {
      const samples = wavSamples(small);
      const parts = format === "wav" ? [wavHeader(samples.length, sampleRate), samples] : [samples];
      await files.write(file, parts);
      const hash = createHash("sha256");
      for (const part of parts) hash.update(part);
      const bytes = parts.reduce((sum, { length }) => sum + length, 0);
      const duration = small.length / sampleRate;
      return { file, format, duration, sampleRate, bytes, sha256: hash.digest("hex") };
    }
    const path = join(folder, `${taskId}.${format}`);
    try {
      const counted = countFrames(sound.samples);
      const counting = { sampleRate, samples: counted.samples };
      const encoded = await encode({ format, outPath: path, ...counting }, call);
      const { bytes, sha256 } = await hashOf(path);
      await files.put(file, path);
      const duration = counted.frames() / sampleRate;
      // Opus always is 48 kHz by its own account; what it was made of says more.
      const rate = format === "opus" ? sampleRate : encoded.sampleRate;
      return { file, format, duration, sampleRate: rate, bytes, sha256 };
    } catch (error) {
      await rm(path, { force: true });
      throw describeFileError(error, file);
    }
  };
}

/** The sound in one piece, where it is that already and small. */
function smallSound({ samples }: Sound): Int16Array | undefined {
  if (!Array.isArray(samples) || samples.length !== 1) return undefined;
  const [only] = samples as readonly Int16Array[];
  return only !== undefined && only.byteLength <= smallBytes ? only : undefined;
}

function countFrames(samples: Sound["samples"]) {
  let frames = 0;
  async function* counted(): AsyncGenerator<Int16Array> {
    for await (const piece of samples) {
      frames += piece.length;
      yield piece;
    }
  }
  return { samples: counted(), frames: () => frames };
}

async function hashOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash: Hash = createHash("sha256");
  let bytes = 0;
  const file = await open(path, "r");
  for await (const piece of file.createReadStream()) {
    hash.update(piece as Buffer);
    bytes += (piece as Buffer).length;
  }
  return { bytes, sha256: hash.digest("hex") };
}
