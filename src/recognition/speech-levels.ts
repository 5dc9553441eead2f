/** How loud a sound is, moment by moment. */
import { listeningRate } from "../core/sound.ts";

/** Samples in one frame: 10 ms. */
export const frameSize = listeningRate / 100;
/** What digital silence counts as, dBFS. */
const silenceDb = -100;

/**
 * The level of every whole 10 ms of a sound.
 *
 * @param samples at 16 kHz; what is left after the last whole frame is not looked at.
 * @returns dBFS (RMS; a full-scale square wave is 0), −100 at the least.
 */
export function frameLevels(samples: Int16Array): Float32Array {
  const levels = new Float32Array(Math.floor(samples.length / frameSize));
  for (let frame = 0; frame < levels.length; frame++) {
    let power = 0;
    for (let index = frame * frameSize; index < (frame + 1) * frameSize; index++) {
      power += (samples[index] as number) ** 2;
    }
    const db = 10 * Math.log10(power / frameSize / 32_768 ** 2);
    levels[frame] = Math.max(silenceDb, db);
  }
  return levels;
}

/**
 * The level that a share of the frames stays below.
 *
 * @param share 0 (the quietest frame) to 1 (the loudest).
 * @returns dBFS; −100 where there are no frames.
 */
export function levelAt(levels: Float32Array, share: number): number {
  const place = Math.round(share * (levels.length - 1));
  return levels.toSorted()[place] ?? silenceDb;
}
