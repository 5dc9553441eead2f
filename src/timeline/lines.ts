/** From groups of segments to the lines that are spoken. */
import { DubberError } from "../core/error.ts";
import { hashValue } from "../core/hash.ts";
import type { Line, Segment } from "../core/segment.ts";

/**
 * Joins every group into one line.
 *
 * A line's id follows from the ids of its segments alone, so lines put in elsewhere rename nothing. Segments without text add
 * nothing; a group that is empty or without text gives no line.
 *
 * @param groups indices into `segments`, as `groupSegments` makes them.
 * @throws DubberError `invalid_options` for an index that is not in `segments`.
 */
export function buildLines(
  segments: readonly Segment[],
  groups: readonly (readonly number[])[],
): Line[] {
  const seen = new Map<string, number>();
  return groups.flatMap((group, position): Line[] => {
    const members = group
      .map((index) => segments[index] ?? fail(index, position, segments.length))
      .filter(({ text }) => text.trim() !== "");
    const [first] = members;
    if (first === undefined) return [];
    const ids = members.map(({ id }) => id);
    const id = hashValue(ids).slice(0, 16);
    const repeated = seen.get(id) ?? 0;
    seen.set(id, repeated + 1);
    return [
      {
        id: repeated === 0 ? id : `${id}-${repeated + 1}`,
        segments: ids,
        text: joinTexts(members.flatMap(({ text }) => text.split(/[\r\n]+/u))),
        ...(first.speaker !== undefined && { speaker: first.speaker }),
        slot: {
          start: Math.min(...members.map(({ start }) => start)),
          end: Math.max(...members.map(({ end }) => end)),
        },
        windows: members.map(({ start, end }) => ({ start, end })),
      },
    ];
  });
}

/** Scripts written without spaces, with their punctuation. Korean has spaces. */
const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3000-\u303f\u30fc\uff01-\uff0f\uff1a-\uff20]/u;

function joinTexts(texts: readonly string[]): string {
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .reduce((joined, text) => {
      const before = [...joined.slice(-2)].at(-1) ?? "";
      const after = String.fromCodePoint(text.codePointAt(0) as number);
      const needsNoSpace = joined === "" || (spaceless.test(before) && spaceless.test(after));
      return joined + (needsNoSpace ? "" : " ") + text;
    }, "");
}

function fail(index: number, position: number, count: number): never {
  throw new DubberError(
    "invalid_options",
    `Group ${position} names segment ${index}; there are only ${count} segments.`,
    { hint: "Groups hold indices into the segments, counted from 0." },
  );
}
