/** The caps of a plan with every default filled in, and the tempos it may choose from. */
import type { Seconds } from "../core/segment.ts";

export type Caps = {
  readonly minTempo: number;
  readonly maxTempo: number;
  readonly rushTempo: number;
  readonly maxEarly: Seconds;
  readonly maxDelay: Seconds;
  readonly guard: Seconds;
  readonly end: Seconds;
};

export type TempoGrid = {
  /** Ascending: first those within the caps, then those that rush. */
  readonly tempos: Float64Array;
  /** How many of them are within the caps; ≥ 1. */
  readonly usual: number;
};

/** Finer steps are not heard; 16 tempos between 1 and 1.3. */
const step = 0.02;
const mostPerSide = 20;
const rushSteps = 8;

/** Tempos `minTempo` … `maxTempo`, 1 itself among them when it lies between, then up to `rushTempo`. */
export function tempoGrid({ minTempo, maxTempo, rushTempo }: Caps): TempoGrid {
  const middle = Math.min(Math.max(1, minTempo), maxTempo);
  const usual = [...spread(minTempo, middle), middle, ...spread(maxTempo, middle).reverse()];
  const rush = Array.from({ length: rushTempo > maxTempo ? rushSteps : 0 }, (_, index) =>
    index === rushSteps - 1
      ? rushTempo
      : maxTempo * (rushTempo / maxTempo) ** ((index + 1) / rushSteps),
  );
  return { tempos: Float64Array.from([...usual, ...rush]), usual: usual.length };
}

/** From `outer` (itself included) evenly towards `middle` (left out). */
function spread(outer: number, middle: number): number[] {
  const count = Math.min(mostPerSide, Math.ceil(Math.abs(outer - middle) / step - 1e-6));
  return Array.from({ length: count }, (_, index) => outer + ((middle - outer) * index) / count);
}
