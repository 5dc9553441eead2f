/** Strict timing: every clip into its own window, whatever its neighbours do. */
import { DubberError } from "../core/error.ts";
import type { Seconds, Slot } from "../core/segment.ts";
import { checkLines, describePlacement, type Placement, type PlanLine } from "./placement.ts";
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
 * Where windows of one speaker overlap, the earlier one ends where the later one begins; a line that begins in the first half
 * of the one before shares its time, in proportion to their lengths.
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
  return lines.map((line, index) => {
    const { duration: natural } = line;
    const { start, end, barrier } = windows[index] as Window;
    const isLong = natural > Math.min(end - start + tolerance, barrier - start);
    const isShort = natural < end - start - tolerance;
    const slowed = Math.min(1, Math.max(natural / (end - start), minTempo));
    const tempo = isLong
      ? Math.max(1, natural / (end - start))
      : isShort && fitMode === "stretch-both"
        ? slowed
        : 1;
    return describePlacement(line, start, tempo, { maxTempo });
  });
}

/** `barrier`: what not even the tolerance may pass. */
type Window = Slot & { readonly barrier: Seconds };

function ownWindows(lines: readonly PlanLine[], mediaEnd: Seconds): Window[] {
  const windows = new Array<Window>(lines.length);
  const slotOf = (index: number): Slot => (lines[index] as PlanLine).slot;
  const durationOf = (index: number): Seconds => (lines[index] as PlanLine).duration;
  for (const track of Map.groupBy(lines.keys(), (index) => lines[index]?.speaker ?? "").values()) {
    track.sort((a, b) => slotOf(a).start - slotOf(b).start || a - b);
    const groups = shareGroups(track, slotOf);
    for (const [position, group] of groups.entries()) {
      const start = slotOf(group[0] as number).start;
      const nextGroup = groups[position + 1];
      const barrier = nextGroup
        ? Math.min(mediaEnd, slotOf(nextGroup[0] as number).start)
        : mediaEnd;
      const end = Math.min(barrier, Math.max(...group.map((index) => slotOf(index).end)));
      const total = group.reduce((sum, index) => sum + durationOf(index), 0);
      let from = start;
      for (const index of group) {
        const isLast = index === group.at(-1);
        const share = total > 0 ? durationOf(index) / total : 0;
        const to = isLast ? end : from + (end - start) * share;
        windows[index] = { start: from, end: to, barrier: isLast ? barrier : to };
        from = to;
      }
    }
  }
  return windows;
}

/** Lines that share their time: each begins in the first half of the one before. */
function shareGroups(track: readonly number[], slotOf: (index: number) => Slot): number[][] {
  const groups: number[][] = [];
  for (const index of track) {
    const group = groups.at(-1);
    const before = group && slotOf(group.at(-1) as number);
    if (group && before && slotOf(index).start < (before.start + before.end) / 2) group.push(index);
    else groups.push([index]);
  }
  return groups;
}
