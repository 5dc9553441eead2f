/** Which neighbouring segments are spoken in one breath. */
import type { Seconds, Segment } from "../core/segment.ts";
import { endsOnConnective, endsSentence } from "./sentence-end.ts";

/** How segments are grouped. */
export type GroupOptions = {
  /** `segment`: each alone. `sentence`: whole sentences, a few together. `block`: everything between two pauses. */
  readonly mode: "segment" | "sentence" | "block";
  /** A silence longer than this always ends a group. Default 1.2 s. */
  readonly joinGap?: Seconds;
  /** Sentences spoken together at most, ≥ 1, in `sentence` mode. Default 2. */
  readonly sentencesPerChunk?: number;
  /** Longest group, from first start to last end. A single longer segment stands alone. Default 20 s. */
  readonly maxSeconds?: Seconds;
};

/** Where a sentence without an end is closed all the same. */
const sentenceLimit = { seconds: 12, segments: 6 };
/** Segments in one chunk at most. */
const chunkSegments = 12;

/**
 * Groups segments into what is spoken at once.
 *
 * A change of speaker and a silence longer than `joinGap` end a group in every mode but `segment`. In `sentence` mode a sentence
 * closes on its final mark, or at 12 s or 6 segments unless it stands on a connective then; a chunk holds whole sentences only,
 * at most `sentencesPerChunk`, `maxSeconds` and 12 segments.
 *
 * @param segments sorted by start.
 * @returns indices into `segments`, ascending; segments without text are left out.
 */
export function groupSegments(segments: readonly Segment[], options: GroupOptions): number[][] {
  const { mode, joinGap = 1.2, sentencesPerChunk = 2, maxSeconds = 20 } = options;
  const spoken = [...segments.keys()].filter((index) => segments[index]?.text.trim());
  if (mode === "segment") return spoken.map((index) => [index]);
  const at = (index: number): Segment => segments[index] as Segment;

  const isBroken = (group: readonly number[], next: number): boolean =>
    at(group.at(-1) as number).speaker !== at(next).speaker ||
    at(next).start - latestEnd(group) > joinGap;
  const latestEnd = (group: readonly number[]): Seconds =>
    group.reduce((latest, index) => Math.max(latest, at(index).end), -Infinity);
  const span = (group: readonly number[]): Seconds =>
    latestEnd(group) - at(group[0] as number).start;
  const fits = (group: readonly number[]): boolean => span(group) <= maxSeconds;
  const textOf = (group: readonly number[]): string => at(group.at(-1) as number).text;

  if (mode === "block") {
    return gather(spoken, (block, index) => !isBroken(block, index) && fits([...block, index]));
  }

  const sentences = gather(spoken, (sentence, index) => {
    const longer = [...sentence, index];
    if (isBroken(sentence, index) || endsSentence(textOf(sentence))) return false;
    if (!fits(longer) || longer.length > chunkSegments) return false;
    const isWithinLimit =
      longer.length <= sentenceLimit.segments && span(longer) <= sentenceLimit.seconds;
    return isWithinLimit || endsOnConnective(textOf(sentence));
  });

  const chunks: { sentences: number; group: number[] }[] = [];
  for (const sentence of sentences) {
    const chunk = chunks.at(-1);
    const longer = chunk && [...chunk.group, ...sentence];
    if (
      chunk !== undefined &&
      longer !== undefined &&
      chunk.sentences < sentencesPerChunk &&
      !isBroken(chunk.group, sentence[0] as number) &&
      fits(longer) &&
      longer.length <= chunkSegments
    ) {
      chunk.group = longer;
      chunk.sentences++;
    } else {
      chunks.push({ sentences: 1, group: sentence });
    }
  }
  return chunks.map(({ group }) => group);
}

/** Adds each index to the last group while `mayJoin` says so, and else begins a new one. */
function gather(
  indices: readonly number[],
  mayJoin: (group: readonly number[], index: number) => boolean,
): number[][] {
  const groups: number[][] = [];
  for (const index of indices) {
    const group = groups.at(-1);
    if (group !== undefined && mayJoin(group, index)) group.push(index);
    else groups.push([index]);
  }
  return groups;
}
