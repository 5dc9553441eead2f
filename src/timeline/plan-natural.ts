/** Placing every line at its natural tempo: what does not fit moves later. */
import type { Seconds } from "../core/segment.ts";
import { earliestAfter, latestBefore } from "./pause.ts";
import type { PlanLine } from "./placement.ts";
import type { Caps } from "./tempo-grid.ts";
import type { Excess } from "./too-long.ts";

export type Plan = {
  /** One per line. */
  readonly steps: readonly { readonly start: Seconds; readonly tempo: number }[];
  /** Lines that found no place; `steps` means nothing then. */
  readonly tooLong: readonly Excess[];
};

/**
 * Starts each line at its slot, a little early if that keeps the next one in time, or when the lines before it are over: all
 * earlier ones of its speaker, and those of other speakers whose slots had ended by then.
 *
 * @param lines sorted by start.
 */
export function planNatural(lines: readonly PlanLine[], caps: Caps): Plan {
  const { maxEarly, maxTempo, guard, end } = caps;
  const steps: { start: Seconds; tempo: number }[] = [];
  const tooLong: Excess[] = [];
  const tempo = Math.min(1, maxTempo);
  let running: { line: PlanLine; end: Seconds }[] = [];
  for (const [position, line] of lines.entries()) {
    const { slot, speaker } = line;
    const duration = line.duration / tempo;
    const others = running.filter((one) => one.line.speaker !== speaker);
    const talksOver = others.some((one) => one.line.slot.end > slot.start);
    let earliest = talksOver ? slot.start : Math.max(0, slot.start - maxEarly);
    for (const one of running) {
      if (one.line.speaker !== speaker && one.line.slot.end > slot.start) continue;
      earliest = Math.max(earliest, earliestAfter(one.end, one.line.slot, slot, guard));
    }
    const next = lines[position + 1];
    const limit = Math.min(end, next ? latestBefore(slot, next.slot, 0, guard) : end);
    const start = Math.max(earliest, Math.min(slot.start, limit - duration));
    const excess = start + duration - end;
    if (excess > 1e-9) tooLong.push({ id: line.id, slot, excess });
    steps.push({ start, tempo });
    // What is over by the earliest start of any later line bounds none of them.
    const horizon = slot.start - maxEarly - guard;
    running = running.filter((one) => one.end > horizon || one.line.slot.end > slot.start);
    running.push({ line, end: start + duration });
  }
  return { steps, tooLong };
}
