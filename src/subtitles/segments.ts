/** Cues → segments: one line of text each, and an id that survives editing. */
import { hashBytes } from "../core/hash.ts";
import type { Segment } from "../core/segment.ts";
import type { Cue } from "./cue.ts";
import { oneLine } from "./one-line.ts";

/**
 * Makes a segment of every cue that has text, in the order of the cues.
 *
 * The id comes from the text alone, so inserting, removing or moving a cue renames no cue with another text. The same
 * text said again is told apart by `-2`, `-3`, … in order.
 */
export function toSegments(cues: readonly Cue[]): Segment[] {
  const newId = uniqueIds();
  return cues.flatMap(({ start, end, text, speaker }) => {
    const line = oneLine(text);
    if (line === "") return [];
    return [{ id: newId(textId(line)), start, end, text: line, ...(speaker ? { speaker } : {}) }];
  });
}

/** The first eight hexadecimal digits of the SHA-256 of a text. */
export function textId(text: string): string {
  return hashBytes(text).slice(0, 8);
}

/** A function that returns each wanted id as it is the first time, and with `-2`, `-3`, … after that. */
export function uniqueIds(): (wanted: string) => string {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return (wanted) => {
    let count = counts.get(wanted) ?? 0;
    let id: string;
    do {
      count++;
      id = count === 1 ? wanted : `${wanted}-${count}`;
    } while (taken.has(id));
    counts.set(wanted, count);
    taken.add(id);
    return id;
  };
}
