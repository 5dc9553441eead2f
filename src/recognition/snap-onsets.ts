/** Moves the edges of segments to where speech really begins and ends, so that a dub never begins early. */
import type { Seconds, Segment, Slot, Word } from "../core/segment.ts";

/** How far a start may move into speech that comes later, and back to speech that began before. */
const mostForward: Seconds = 1;
const mostBack: Seconds = 0.3;
/** What is left after the last sound of speech: its end is soft. */
const tail: Seconds = 0.1;
/** A segment that would become shorter than this stays as it is. */
const shortest: Seconds = 0.2;

/**
 * A segment that begins in silence begins with the speech that follows within a second, but not after its first word's end; one that begins while
 * somebody speaks begins with that speech, if it began at most 0.3 s before and no other segment lies there. A segment that ends in silence ends 0.1 s
 * after the speech before it, but not before its last word's end.
 *
 * @param segments sorted and disjoint. @param speech sorted, apart from each other.
 * @returns the same segments in the same order, still disjoint; words moved with the edges.
 */
export function snapOnsets(segments: readonly Segment[], speech: readonly Slot[]): Segment[] {
  let free: Seconds = 0;
  let from = 0;
  return segments.map((segment) => {
    // Spans that end well before this segment matter to no later one either.
    while ((speech[from + 1]?.start ?? Infinity) <= segment.start) from++;
    const start = snapStart(segment, speech, from, free);
    const end = snapEnd(segment, speech, from);
    const isUsable = end - start >= shortest;
    const snapped = isUsable ? withEdges(segment, start, end) : segment;
    free = snapped.end;
    return snapped;
  });
}

/** @param from index of the last span that begins at or before the segment, or 0. */
function snapStart(
  { start, end, words }: Segment,
  speech: readonly Slot[],
  from: number,
  free: Seconds,
): Seconds {
  const around = speech[from];
  if (around !== undefined && around.start <= start && start < around.end) {
    const isNear = start - around.start <= mostBack;
    return isNear && around.start >= free ? around.start : start;
  }
  const next = around !== undefined && around.start > start ? around : speech[from + 1];
  if (next === undefined || next.start - start > mostForward || next.start >= end) return start;
  return Math.max(start, Math.min(next.start, words?.[0]?.end ?? next.start));
}

function snapEnd({ start, end, words }: Segment, speech: readonly Slot[], from: number): Seconds {
  let last: Slot | undefined;
  for (let index = from; (speech[index]?.start ?? end) < end; index++) last = speech[index];
  if (last === undefined || last.end >= end || last.end <= start) return end;
  return Math.min(end, Math.max(last.end + tail, words?.at(-1)?.end ?? 0));
}

function withEdges(segment: Segment, start: Seconds, end: Seconds): Segment {
  if (start === segment.start && end === segment.end) return segment;
  const last = (segment.words?.length ?? 0) - 1;
  const words = segment.words?.map((word: Word, index) => ({
    text: word.text,
    start: index === 0 && start < segment.start ? start : Math.max(start, word.start),
    end: index === last ? Math.min(end, word.end) : word.end,
  }));
  return { ...segment, start, end, ...(words && { words }) };
}
