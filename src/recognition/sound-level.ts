/** How loud a stretch of samples is from moment to moment; a moment is 50 ms, looked at every 10 ms. */
import { listeningRate } from "../core/sound.ts";

const hop = listeningRate / 100;
const hopsOfMoment = 5;
const moment = hop * hopsOfMoment;

/**
 * The middle of the quietest moment of `samples` between the indices `from` and `to`; of equally quiet ones the nearest to the middle of that
 * range, which is also the answer where the range is shorter than a moment.
 */
export function quietestMoment(samples: Int16Array, from: number, to: number): number {
  const middle = Math.round((from + to) / 2);
  const energies = momentEnergies(samples, from, to);
  let best = middle;
  let least = Number.POSITIVE_INFINITY;
  energies.forEach((energy, index) => {
    const at = from + index * hop + moment / 2;
    const isNearer = Math.abs(at - middle) < Math.abs(best - middle);
    if (energy < least || (energy === least && isNearer)) {
      least = energy;
      best = at;
    }
  });
  return best;
}

/** Level (RMS) of the loudest moment of `samples` between two indices, dBFS; −Infinity for digital silence, or less than a moment. */
export function loudestMomentDb(samples: Int16Array, from: number, to: number): number {
  const loudest = momentEnergies(samples, from, to).reduce((a, b) => Math.max(a, b), 0);
  return 10 * Math.log10(loudest / moment / 32_768 ** 2);
}

/** Sum of the squares of each moment. */
function momentEnergies(samples: Int16Array, from: number, to: number): Float64Array {
  const hops = Math.max(0, Math.floor((to - from) / hop));
  const energies = new Float64Array(Math.max(0, hops - hopsOfMoment + 1));
  for (let one = 0; one < hops; one++) {
    let energy = 0;
    const end = from + (one + 1) * hop;
    for (let index = end - hop; index < end; index++) energy += (samples[index] as number) ** 2;
    // A moment is the sum of the hops in it.
    const last = Math.min(one, energies.length - 1);
    for (let of = Math.max(0, one - hopsOfMoment + 1); of <= last; of++) {
      energies[of] = (energies[of] as number) + energy;
    }
  }
  return energies;
}
