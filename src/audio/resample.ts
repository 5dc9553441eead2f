/** Changes the sample rate, or a clip's length by a hair, with band-limited interpolation. */

/**
 * Converts `samples` from one sample rate to another with a polyphase Kaiser-windowed sinc.
 *
 * Flat to 0.88 of the lower Nyquist frequency, aliases and images under −80 dB from there on (Kaiser's formulas for window and
 * length, 90 dB). 96 filter taps a sample when the rate goes up, more in proportion when it goes down.
 *
 * @param fromRate whole Hz.
 * @param toRate whole Hz.
 * @returns round(length · toRate / fromRate) samples; the same array when the rates are equal.
 */
export function resample(samples: Float32Array, fromRate: number, toRate: number): Float32Array {
  if (fromRate === toRate) return samples;
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const up = toRate / divisor;
  const down = fromRate / divisor;
  const { taps, table } = filterFor(up, down);
  const result = new Float32Array(Math.round((samples.length * up) / down));
  // Zeros on both sides spare the inner loop every question about the ends.
  const half = taps / 2;
  const padded = new Float32Array(samples.length + taps + down + 1);
  padded.set(samples, half - 1);
  let first = 0;
  let phase = 0;
  const wholeStep = Math.floor(down / up);
  const phaseStep = down % up;
  for (let index = 0; index < result.length; index++) {
    result[index] = dot(padded, first, table, phase * taps, taps);
    first += wholeStep;
    phase += phaseStep;
    if (phase >= up) {
      phase -= up;
      first++;
    }
  }
  return result;
}

/**
 * Makes a clip exactly `frames` samples long by playing it evenly faster or slower. Pitch moves with it: for corrections
 * of a few per mille, not for tempo.
 */
export function resampleToLength(samples: Float32Array, frames: number): Float32Array {
  if (samples.length === frames) return samples;
  const { taps, table } = residualFilter();
  const half = taps / 2;
  const padded = new Float32Array(samples.length + taps + 2);
  padded.set(samples, half - 1);
  const step = samples.length / frames;
  const result = new Float32Array(frames);
  for (let index = 0; index < frames; index++) {
    const position = index * step;
    const first = Math.floor(position);
    const phase = (position - first) * residualPhases;
    const lower = Math.floor(phase);
    const share = phase - lower;
    const a = dot(padded, first, table, lower * taps, taps);
    const b = dot(padded, first, table, (lower + 1) * taps, taps);
    result[index] = a + share * (b - a);
  }
  return result;
}

type Filter = { readonly taps: number; readonly table: Float32Array };

const passband = 0.88;
const attenuationDb = 90;
const residualPhases = 256;
/** A film's clips come in one or two rates, so a handful of tables is all there ever is. */
const filters = new Map<string, Filter>();

function filterFor(up: number, down: number): Filter {
  const key = `${up}/${down}`;
  const known = filters.get(key);
  if (known !== undefined) return known;
  // Frequencies are in units of the input's Nyquist; a lower output rate moves the whole filter down.
  const scale = Math.min(1, up / down);
  // Kaiser: taps = (A − 7.95) / (2.285 · transition width in radians).
  const length = (attenuationDb - 7.95) / (2.285 * Math.PI * (1 - passband) * scale);
  const filter = sincTable({
    taps: 8 * Math.ceil(length / 8),
    phases: up,
    cutoff: (scale * (1 + passband)) / 2,
  });
  filters.set(key, filter);
  return filter;
}

function residualFilter(): Filter {
  const known = filters.get("residual");
  if (known !== undefined) return known;
  const filter = sincTable({ taps: 32, phases: residualPhases, cutoff: 0.94 });
  filters.set("residual", filter);
  return filter;
}

/** Row p holds the taps for a point p / phases past the sample in the middle; one row more than phases. */
function sincTable(options: { taps: number; phases: number; cutoff: number }): Filter {
  const { taps, phases, cutoff } = options;
  const beta = 0.1102 * (attenuationDb - 8.7);
  const half = taps / 2;
  const table = new Float32Array((phases + 1) * taps);
  const row = new Float64Array(taps);
  for (let phase = 0; phase <= phases; phase++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const x = tap - (half - 1) - phase / phases;
      const edge = Math.max(0, 1 - (x / half) ** 2);
      const value = sinc(cutoff * x) * bessel0(beta * Math.sqrt(edge));
      row[tap] = value;
      sum += value;
    }
    // Every phase passes a constant unchanged; otherwise the phases would hum against each other.
    for (let tap = 0; tap < taps; tap++) table[phase * taps + tap] = (row[tap] as number) / sum;
  }
  return { taps, table };
}

/** Four sums at once: a single one waits for each addition to end, which halves the speed. `taps` is a multiple of 4. */
function dot(
  samples: Float32Array,
  from: number,
  table: Float32Array,
  row: number,
  taps: number,
): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let tap = 0; tap < taps; tap += 4) {
    const s = from + tap;
    const t = row + tap;
    a += (samples[s] as number) * (table[t] as number);
    b += (samples[s + 1] as number) * (table[t + 1] as number);
    c += (samples[s + 2] as number) * (table[t + 2] as number);
    d += (samples[s + 3] as number) * (table[t + 3] as number);
  }
  return a + b + (c + d);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
