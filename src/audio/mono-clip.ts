/** Short clips, whole in memory, one channel: what a voice engine gives back and what gets fitted. */
import { writeFileThrough } from "../core/atomic-file.ts";
import { openWav } from "./wav-reader.ts";
import { createWav } from "./wav-writer.ts";

export type MonoClip = {
  /** −1 to 1. */
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
};

/**
 * Reads a whole WAV file as one channel; several are averaged. For clips, not for films: it is all in memory.
 *
 * @throws DubberError `not_found`, `invalid_media`.
 */
export async function readMono(path: string): Promise<MonoClip> {
  await using wav = await openWav(path);
  const { channels, sampleRate, frames } = wav;
  const samples = await wav.read(0, frames);
  if (channels === 1) return { samples, sampleRate };
  const mono = new Float32Array(samples.length / channels);
  for (let frame = 0; frame < mono.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += samples[frame * channels + channel] as number;
    }
    mono[frame] = sum / channels;
  }
  return { samples: mono, sampleRate };
}

/**
 * Writes one channel as a 16-bit WAV file, atomically.
 *
 * @param samples floats −1 to 1 (clamped beyond), or 16-bit values.
 * @param sampleRate Hz.
 * @throws DubberError `disk_full`, `not_writable`.
 */
export async function writeMono(
  path: string,
  samples: Float32Array | Int16Array,
  sampleRate: number,
): Promise<void> {
  await writeFileThrough(path, async (temporaryPath) => {
    await using wav = await createWav(temporaryPath, { sampleRate, channels: 1 });
    await wav.write(samples);
  });
}
