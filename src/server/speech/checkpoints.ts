/** Finished parts of a long text on the disk, so that an interrupted task goes on where it was. */
import { endianness } from "node:os";
import { buffer } from "node:stream/consumers";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { wavSamples } from "../../core/wav-bytes.ts";
import type { SpeechResult } from "../../synthesis/synthesizer.ts";
import type { FileStore } from "../files/contract.ts";

/** One line before the samples. */
const headSchema = z.object({
  sampleRate: z.number().int().positive(),
  samples: z.number().int().positive(),
  warnings: z.array(z.string()),
  /** Of the samples, CRC-32. */
  checksum: z.number(),
  /** Of everything the sound depends on. */
  key: z.string(),
});

export type Checkpoints = {
  /** Undefined when the part is not there, not whole, or was spoken in another way. */
  load(index: number): Promise<SpeechResult | undefined>;
  save(index: number, result: SpeechResult): Promise<void>;
  /** Of all their files, whether they are there or not. */
  readonly names: readonly string[];
};

/**
 * @param key names everything that decides the sound, all texts too: a changed engine speaks anew, and so does a text that is cut in another way.
 * @param parts how many there are.
 */
export function openCheckpoints(
  files: FileStore,
  { taskId, key, parts }: { readonly taskId: string; readonly key: string; readonly parts: number },
): Checkpoints {
  const nameOf = (index: number) => checkpointName(taskId, index);
  return {
    async load(index) {
      const stream = await files.read(nameOf(index));
      return stream && read(await buffer(stream), key);
    },
    async save(index, { audio, sampleRate, warnings }) {
      const body = wavSamples(audio);
      const facts = { sampleRate, samples: audio.length, warnings, checksum: crc32(body), key };
      await files.write(nameOf(index), [Buffer.from(`${JSON.stringify(facts)}\n`), body]);
    },
    names: Array.from({ length: parts }, (_, index) => nameOf(index)),
  };
}

function checkpointName(taskId: string, index: number): string {
  return `${taskId}_${index}.part`;
}

function read(bytes: Buffer, key: string): SpeechResult | undefined {
  const end = bytes.indexOf("\n");
  const head = headSchema.safeParse(parse(bytes.subarray(0, end).toString())).data;
  const body = bytes.subarray(end + 1);
  if (head?.key !== key || body.length !== 2 * head.samples) return undefined;
  if (crc32(body) !== head.checksum) return undefined;
  const audio = new Int16Array(head.samples);
  Buffer.from(audio.buffer).set(endianness() === "BE" ? body.swap16() : body);
  return { audio, sampleRate: head.sampleRate, warnings: head.warnings };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
