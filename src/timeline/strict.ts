/** Strict timing: every clip into its own window, whatever its neighbours do. */
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import type { Placement, PlanLine } from "./placement.ts";
import { checkLines } from "./placement.ts";
import { lineTooLong } from "./too-long.ts";

export type StrictOptions = {
  /** How far a clip may run past its window before it is touched at all. Default 30. */
  readonly toleranceMs?: number;
  /** `pad-or-speedup`: long clips are sped up, short ones followed by silence. `stretch-both`: short ones are slowed down too. */
  readonly fitMode?: "pad-or-speedup" | "stretch-both";
  /** Faster than this is done and reported as an overrun. Default 1.3. */
  readonly maxTempo?: number;
  /** `stretch-both` slows down to this and pads the rest with silence. Default 0.5. */
  readonly minTempo?: number;
  /** Length of the media; nothing is spoken past it. Default: no limit. */
  readonly end?: Seconds;
};

/**
 * Fits every clip to its own window to within the tolerance; nothing is moved, cut or silenced.
 *
 * Where windows of one speaker overlap, the earlier one ends where the later one begins; lines that begin at the same moment
 * share the time in proportion to their lengths.
 *
 * @param lines natural durations and windows, seconds.
 * @returns one placement per line, same order.
 * @throws DubberError `invalid_options`; `line_too_long` for a window that begins at or after `end`.
 */
export function fitStrict(lines: readonly PlanLine[], options: StrictOptions = {}): Placement[] {
  const { toleranceMs = 30, fitMode = "pad-or-speedup", end: mediaEnd = Infinity } = options;
  const { maxTempo = 1.3, minTempo = 0.5 } = options;
  if (fitMode !== "pad-or-speedup" && fitMode !== "stretch-both") {
    throw new DubberError("invalid_options", `"${String(fitMode)}" is not a way to fit a clip.`, {
      hint: "Use pad-or-speedup or stretch-both.",
    });
  }
  checkLines(lines);
  const late = lines.filter(({ slot }) => slot.start >= mediaEnd);
  if (late.length > 0) {
    throw lineTooLong(late.map(({ id, slot, duration }) => ({ id, slot, excess: duration })));
  }
  const tolerance = toleranceMs / 1000;
  const windows = ownWindows(lines, mediaEnd);
  return lines.map(({ id, slot, duration: natural }, index) => {
    const { start, end, barrier } = windows[index] as Window;
    const isLong = natural > Math.min(end - start + tolerance, barrier - start);
    const isShort = natural < end - start - tolerance;
    const slowed = Math.min(1, Math.max(natural / (end - start), minTempo));
    const tempo = isLong
      ? Math.max(1, natural / (end - start))
      : isShort && fitMode === "stretch-both"
        ? slowed
        : 1;
    const rushed = tempo > maxTempo * (1 + 1e-9);
    const duration = natural / tempo;
    return {
      id,
      start,
      duration,
      tempo,
      early: 0,
      delay: start - slot.start,
      borrowed: Math.max(0, start + duration - slot.end),
      overrun: rushed ? natural / maxTempo - duration : 0,
      rushed,
    };
  });
}

/** `barrier`: what not even the tolerance may pass. */
type Window = { start: Seconds; end: Seconds; readonly barrier: Seconds };

function ownWindows(lines: readonly PlanLine[], mediaEnd: Seconds): Window[] {
  const windows: Window[] = lines.map(({ slot }) => ({
    start: slot.start,
    end: Math.min(slot.end, mediaEnd),
    barrier: mediaEnd,
  }));
  for (const track of Map.groupBy(lines.keys(), (index) => lines[index]?.speaker ?? "").values()) {
    const moments = [...Map.groupBy(track, (index) => (lines[index] as PlanLine).slot.start)];
    moments.sort(([a], [b]) => a - b);
    for (const [position, [start, together]] of moments.entries()) {
      const barrier = Math.min(mediaEnd, moments[position + 1]?.[0] ?? Infinity);
      const natural = (index: number): Seconds => (lines[index] as PlanLine).duration;
      const total = together.reduce((sum, index) => sum + natural(index), 0);
      const slotEnd = Math.max(...together.map((index) => windows[index]?.end ?? 0));
      const length = Math.min(slotEnd, barrier) - start;
      let from = start;
      for (const index of together) {
        const share = together.length === 1 ? 1 : total > 0 ? natural(index) / total : 0;
        const isLast = index === together.at(-1);
        const to = isLast ? start + length : from + length * share;
        windows[index] = { start: from, end: to, barrier: isLast ? barrier : to };
        from = to;
      }
    }
  }
  return windows;
}
