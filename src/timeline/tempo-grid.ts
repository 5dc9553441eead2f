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

/** Finer steps are not heard; 16 tempos between 1 and 1.3. */
const step = 0.02;
const mostPerSide = 20;

/** Tempos within the caps, ascending: `minTempo` … `maxTempo`, 1 itself among them when it lies between. */
export function tempoGrid({ minTempo, maxTempo }: Caps): Float64Array {
  const middle = Math.min(Math.max(1, minTempo), maxTempo);
  return Float64Array.from([
    ...spread(minTempo, middle),
    middle,
    ...spread(maxTempo, middle).reverse(),
  ]);
}

/** From `outer` (itself included) evenly towards `middle` (left out). */
function spread(outer: number, middle: number): number[] {
  const count = Math.min(mostPerSide, Math.ceil(Math.abs(outer - middle) / step - 1e-6));
  return Array.from({ length: count }, (_, index) => outer + ((middle - outer) * index) / count);
}
