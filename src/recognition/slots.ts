/** Arithmetic on spans of time: joined, cut, turned inside out. */
import type { Seconds, Slot } from "../core/segment.ts";

/** Spans closer than half a sample touch. */
const touching: Seconds = 1 / 32_000;

/** Sorted spans that overlap or touch nowhere, covering what `slots` cover; empty ones fall out. */
export function mergeSlots(slots: readonly Slot[]): Slot[] {
  const merged: { start: Seconds; end: Seconds }[] = [];
  const sorted = slots.filter(({ start, end }) => end > start);
  for (const { start, end } of sorted.sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end + touching) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/** The part of each span that lies in `span`; sorted input stays sorted. */
export function clipSlots(slots: readonly Slot[], span: Slot): Slot[] {
  return slots
    .map(({ start, end }) => ({
      start: Math.max(start, span.start),
      end: Math.min(end, span.end),
    }))
    .filter(({ start, end }) => end > start);
}

/**
 * What lies between spans: the silences of a stretch of sound from the speech in it, or its speech from its silences.
 *
 * @param slots in any order, overlapping or not, inside `span` or not.
 * @returns sorted, inside `span`, apart from each other.
 */
export function silencesFrom(slots: readonly Slot[], span: Slot): Slot[] {
  const gaps: Slot[] = [];
  let from = span.start;
  for (const { start, end } of mergeSlots(clipSlots(slots, span))) {
    if (start > from + touching) gaps.push({ start: from, end: start });
    from = end;
  }
  if (span.end > from + touching) gaps.push({ start: from, end: span.end });
  return gaps;
}

/** Seconds covered by spans that are apart from each other. */
export function lengthOf(slots: readonly Slot[]): Seconds {
  return slots.reduce((sum, { start, end }) => sum + end - start, 0);
}
