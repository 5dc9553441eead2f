/**
 * Keeps samples under a ceiling with a gain that looks ahead and behind by a fixed time. It has no memory, so any piece of
 * the sound can be limited alone, and the bytes do not depend on how it was cut into pieces.
 */

/** Half a box, seconds: two boxes of 10 ms in a row make a ramp without corners. */
const halfBoxSeconds = 0.005;
/** Gains are whole numbers of this unit, so sums of them are exact in any order. */
const unity = 2 ** 20;

export class Limiter {
  /** A frame's gain depends on the frames at most this far away. */
  readonly reach: number;
  readonly #halfBox: number;
  readonly #limit: number;
  readonly #channels: number;
  readonly #need: Int32Array;
  readonly #low: Int32Array;
  readonly #scratch: Int32Array;
  readonly #sums: Float64Array;

  /**
   * @param options.limit the largest sample let through, a whole number in the unit of the samples.
   * @param options.mostFrames the most that `apply` will get at once; what it needs for them is reserved here.
   */
  constructor(options: {
    limit: number;
    sampleRate: number;
    channels: number;
    mostFrames: number;
  }) {
    this.#limit = options.limit;
    this.#channels = options.channels;
    this.#halfBox = Math.max(1, Math.round(options.sampleRate * halfBoxSeconds));
    this.reach = limiterReach(options.sampleRate);
    const length = options.mostFrames + 4 * this.reach;
    this.#need = new Int32Array(length);
    this.#low = new Int32Array(length);
    this.#scratch = new Int32Array(length);
    this.#sums = new Float64Array(length);
  }

  /**
   * Lowers `samples` (interleaved, in place) around every frame over the limit; elsewhere they stay as they are.
   *
   * The gain each frame needs → the least within ± the width of both boxes → mean over one box → mean over another. Every
   * value that enters a frame's mean saw that frame, so no mean is above what the frame needs.
   */
  apply(samples: Float32Array): void {
    const limit = this.#limit;
    let first = -1;
    let last = -1;
    for (let at = 0; at < samples.length; at++) {
      const value = samples[at] as number;
      if (value <= limit && value >= -limit) continue;
      const frame = Math.floor(at / this.#channels);
      if (first >= 0 && frame - last > 2 * this.reach) {
        this.#lower(samples, first, last);
        first = -1;
      }
      if (first < 0) first = frame;
      last = frame;
    }
    if (first >= 0) this.#lower(samples, first, last);
  }

  /** Limits around the frames first … last, whose neighbours within twice the reach are all under the limit. */
  #lower(samples: Float32Array, first: number, last: number): void {
    const { reach } = this;
    const box = this.#halfBox;
    const channels = this.#channels;
    // Index 0 stands for the frame `origin`; it may lie before the samples, where nothing is over the limit.
    const origin = first - 2 * reach;
    const length = last - first + 1 + 4 * reach;
    const need = this.#need;
    const low = this.#low;
    const sums = this.#sums;
    this.#fillNeed(samples, { origin, first, last, length });
    slidingMinimum({ values: need, length, half: 2 * box, result: low, scratch: this.#scratch });
    slidingSum(low, sums, length, box);
    // What is outside the array is unity; so is all this near its ends, and `gain` is not asked for there.
    const width = 2 * box + 1;
    const scale = 1 / (width * width * unity);
    let sum = 0;
    const from = first - reach;
    for (let index = from - origin - box; index < from - origin + box; index++)
      sum += sums[index] as number;
    const end = Math.min(last + reach + 1, samples.length / channels);
    for (let frame = from; frame < end; frame++) {
      const index = frame - origin;
      sum += sums[index + box] as number;
      if (frame >= 0) {
        const gain = sum * scale;
        for (let at = frame * channels; at < (frame + 1) * channels; at++) {
          samples[at] = (samples[at] as number) * gain;
        }
      }
      sum -= sums[index - box] as number;
    }
  }

  #fillNeed(
    samples: Float32Array,
    span: { origin: number; first: number; last: number; length: number },
  ): void {
    const channels = this.#channels;
    const limit = this.#limit;
    const need = this.#need;
    need.fill(unity, 0, span.length);
    for (let at = span.first * channels; at < (span.last + 1) * channels; at++) {
      const peak = Math.abs(samples[at] as number);
      if (peak <= limit) continue;
      const index = Math.floor(at / channels) - span.origin;
      need[index] = Math.min(need[index] as number, Math.floor((limit / peak) * unity));
    }
  }
}

/** How far, in frames, a sample over the limit changes its neighbours: 20 ms. */
export function limiterReach(sampleRate: number): number {
  return 4 * Math.max(1, Math.round(sampleRate * halfBoxSeconds));
}

/**
 * result[i] = the least of values[i − half … i + half], for whole windows; near the ends `result` is unity.
 * Three comparisons a value whatever the width: minima from the left and from the right inside blocks of one
 * window (van Herk 1992, Gil and Werman 1993).
 */
function slidingMinimum(options: {
  values: Int32Array;
  length: number;
  half: number;
  result: Int32Array;
  scratch: Int32Array;
}): void {
  const { values, length, half, result, scratch } = options;
  const width = 2 * half + 1;
  for (let start = 0; start < length; start += width) {
    const end = Math.min(start + width, length);
    let least = unity;
    for (let index = end - 1; index >= start; index--) {
      least = Math.min(least, values[index] as number);
      scratch[index] = least;
    }
    least = unity;
    for (let index = start; index < end; index++) {
      least = Math.min(least, values[index] as number);
      values[index] = least;
    }
  }
  result.fill(unity, 0, half);
  for (let index = half; index < length - half; index++) {
    result[index] = Math.min(scratch[index - half] as number, values[index + half] as number);
  }
  result.fill(unity, Math.max(half, length - half), length);
}

/** sums[i] = values[i − half] + … + values[i + half], for whole windows. */
function slidingSum(values: Int32Array, sums: Float64Array, length: number, half: number): void {
  let sum = 0;
  for (let index = 0; index < 2 * half; index++) sum += values[index] as number;
  for (let index = half; index < length - half; index++) {
    sum += values[index + half] as number;
    sums[index] = sum;
    sum -= values[index - half] as number;
  }
}
