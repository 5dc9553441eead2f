/** The words of planning: what is to be placed, and where it ended up. */
import { DubberError } from "../core/error.ts";
import type { Seconds, Slot } from "../core/segment.ts";

/** A spoken line that needs a place. */
export type PlanLine = {
  readonly id: string;
  readonly speaker?: string;
  /** The original's time for it. */
  readonly slot: Slot;
  /** Length of the speech itself at tempo 1, without the clip's own silence; ≥ 0. */
  readonly duration: Seconds;
};

/** Where a line is heard, from the start of the media. `duration × tempo` is the natural duration: nothing is cut. */
export type Placement = {
  readonly id: string;
  readonly start: Seconds;
  readonly duration: Seconds;
  /** 1 = as the voice spoke it. */
  readonly tempo: number;
  /** How much before its slot it starts. */
  readonly early: Seconds;
  /** How much after the start of its slot it starts. */
  readonly delay: Seconds;
  /** How far it runs past its slot. */
  readonly borrowed: Seconds;
  /** What it took beyond the caps: time saved above the fastest tempo plus delay above the longest. 0 where it fits. */
  readonly overrun: Seconds;
  /** True above the fastest tempo. */
  readonly rushed: boolean;
};

/**
 * Describes where a line ended up.
 *
 * @param caps what counts as within bounds: the fastest tempo, and the longest delay (default: any).
 */
export function describePlacement(
  { id, slot, duration: natural }: PlanLine,
  start: Seconds,
  tempo: number,
  { maxTempo, maxDelay = Infinity }: { readonly maxTempo: number; readonly maxDelay?: Seconds },
): Placement {
  const duration = natural / tempo;
  const delay = Math.max(0, start - slot.start);
  // A tempo or delay of exactly the cap may differ from it in the last bit.
  const rushed = tempo > maxTempo * (1 + 1e-9);
  const saved = rushed ? natural / maxTempo - duration : 0;
  return {
    id,
    start,
    duration,
    tempo,
    early: Math.max(0, slot.start - start),
    delay,
    borrowed: Math.max(0, start + duration - slot.end),
    overrun: saved + (delay > maxDelay + 1e-9 ? delay - maxDelay : 0),
    rushed,
  };
}

/** @throws DubberError `invalid_options` for a slot that is not forwards in time or a length that is not ≥ 0. */
export function checkLines(lines: readonly PlanLine[]): void {
  for (const { id, slot, duration } of lines) {
    if (!(Number.isFinite(slot.start) && slot.end > slot.start && slot.end < Infinity)) {
      throw new DubberError(
        "invalid_options",
        `Line ${id} ends before it starts (${slot.start} → ${slot.end} s).`,
        { hint: "Fix its times in subs.srt." },
      );
    }
    if (!(duration >= 0 && duration < Infinity)) {
      throw new DubberError("invalid_options", `Line ${id} lasts ${duration} s.`);
    }
  }
}
