/** The starts a line may choose from, as seconds after its slot's start; early ones are negative. */
import type { Seconds } from "../core/segment.ts";
import type { Caps } from "./tempo-grid.ts";

const earlySteps = 5;
const delaySteps = 20;
/** For lines that wait for an earlier slot of the same speaker to end. */
const waitSteps = 24;

/** Points in a grid at most; less than 64. */
export const mostDelays = earlySteps + 1 + delaySteps + waitSteps;

export type DelayGrid = {
  /** Ascending, with 0 among them. */
  readonly delays: readonly Seconds[];
  /** Position of 0. */
  readonly zero: number;
  /** Position of the earliest start that is not before `delay`; −1 where the grid ends before. */
  indexAfter(delay: Seconds): number;
};

/** Steps of 60 ms for early starts and of 20 ms for delays up to the cap, with the usual caps. */
export function delayGrid({ maxEarly, maxDelay }: Caps, latest: Seconds): DelayGrid {
  const early = maxEarly > 0 ? earlySteps : 0;
  const usual = maxDelay > 0 ? delaySteps : 0;
  const wait = latest > maxDelay ? waitSteps : 0;
  const delays = [
    ...Array.from({ length: early }, (_, index) => (-maxEarly * (early - index)) / early),
    0,
    ...Array.from({ length: usual }, (_, index) => (maxDelay * (index + 1)) / usual),
    ...Array.from(
      { length: wait },
      (_, index) => maxDelay + ((latest - maxDelay) * (index + 1)) / wait,
    ),
  ];
  // A delay on a grid point may have lost its last bits on the way here.
  const up = (steps: number): number => Math.ceil(steps - 1e-9);
  return {
    delays,
    zero: early,
    indexAfter(delay) {
      if (delay <= -maxEarly) return 0;
      if (delay <= 1e-12)
        return early === 0 ? 0 : Math.min(early, early + up((delay / maxEarly) * early));
      if (usual > 0 && delay <= maxDelay + 1e-10) {
        return early + Math.min(usual, up((delay / maxDelay) * usual));
      }
      if (wait === 0 || delay > latest + 1e-10) return -1;
      const steps = up(((delay - maxDelay) / (latest - maxDelay)) * wait);
      return early + usual + Math.min(wait, steps);
    },
  };
}
