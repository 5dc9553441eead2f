/** Cues → segments: one line of text each, and an id that survives editing. */
import type { Segment } from "../core/segment.ts";
import { textId, uniqueIds } from "../core/text-id.ts";
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
