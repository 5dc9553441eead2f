/** Writes into segments who says them. Pure. */
import type { Seconds, Segment, Slot, Word } from "../core/segment.ts";
import type { SpeakerTurn } from "./diarize.ts";

/** A turn this near counts where none overlaps: recognisers and diarization do not agree to the tenth of a second. */
const nearby: Seconds = 0.5;
/** A change of speaker for less than this inside a segment is taken for a mistake: nothing that can be dubbed is so short. */
const shortestPart: Seconds = 0.7;

export type LabelledSegments = {
  /** As many as before, or more where speakers change inside one: its later parts have the ids `<id>.2`, `<id>.3`, … */
  readonly segments: readonly Segment[];
  /** The name each speaker of the turns was given, by number; those who say no segment are left out. */
  readonly names: ReadonlyMap<number, string>;
};

type Part = { readonly segment: Segment; readonly speaker: number | undefined };

/**
 * Gives each segment the speaker whose turns cover most of it; with words, a segment is split where the speaker changes.
 *
 * @param segments sorted by start. A speaker one already has is kept.
 * @param turns in any order, overlapping or not.
 * @returns speakers are called `Speaker 1`, `Speaker 2`, … in the order they first say something; a segment more than half a
 *   second from all turns gets none.
 */
export function labelSpeakers(
  segments: readonly Segment[],
  turns: readonly SpeakerTurn[],
): LabelledSegments {
  const parts = segments.flatMap((segment) => partsOf(segment, turnsNear(segment, turns)));
  const names = new Map<number, string>();
  const labelled = parts.map(({ segment, speaker }) => {
    if (speaker === undefined) return segment;
    const name = names.get(speaker) ?? `Speaker ${names.size + 1}`;
    names.set(speaker, name);
    return { ...segment, speaker: name };
  });
  return { segments: labelled, names };
}

function partsOf(segment: Segment, turns: readonly SpeakerTurn[]): readonly Part[] {
  if (segment.speaker !== undefined) return [{ segment, speaker: undefined }];
  const runs = speakerRuns(segment.words ?? [], turns);
  const texts = splitText(
    segment.text,
    runs.map(({ words }) => words),
  );
  if (runs.length < 2 || texts === undefined)
    return [{ segment, speaker: speakerOf(segment, turns) }];
  const starts = runs.map(({ words: [first] }) => (first as Word).start);
  return runs.map(({ words, speaker }, index) => ({
    speaker,
    segment: {
      ...segment,
      id: index === 0 ? segment.id : `${segment.id}.${index + 1}`,
      start: index === 0 ? segment.start : (starts[index] as Seconds),
      end: starts[index + 1] ?? segment.end,
      text: texts[index] as string,
      words,
    },
  }));
}

type Run = { readonly words: Word[]; readonly speaker: number | undefined };

/** Neighbouring words of one speaker. Words far from all turns, and changes too short to be true, go with what is before them. */
function speakerRuns(words: readonly Word[], turns: readonly SpeakerTurn[]): readonly Run[] {
  const heard: Run[] = [];
  for (const word of words) append(heard, { words: [word], speaker: speakerOf(word, turns) });
  const isLong = ({ words: said }: Run) =>
    (said.at(-1) as Word).end - (said[0] as Word).start >= shortestPart;
  const runs: Run[] = [];
  for (const run of heard) {
    append(runs, { ...run, speaker: isLong(run) ? run.speaker : undefined });
  }
  const [first, second] = runs;
  if (first === undefined || second === undefined || first.speaker !== undefined) return runs;
  return [{ words: [...first.words, ...second.words], speaker: second.speaker }, ...runs.slice(2)];
}

function append(runs: Run[], { words, speaker }: Run): void {
  const last = runs.at(-1);
  if (last !== undefined && (speaker === undefined || speaker === last.speaker)) {
    last.words.push(...words);
  } else runs.push({ words: [...words], speaker });
}

/** Cuts a text before the first word of each run; undefined where a word cannot be found in it. */
function splitText(text: string, runs: readonly (readonly Word[])[]): string[] | undefined {
  const cuts: number[] = [];
  let at = 0;
  for (const words of runs) {
    for (const [index, word] of words.entries()) {
      const place = text.indexOf(word.text, at);
      if (place < 0) return undefined;
      if (index === 0) cuts.push(place);
      at = place + word.text.length;
    }
  }
  const texts = cuts.map((cut, index) =>
    text.slice(index === 0 ? 0 : cut, cuts[index + 1] ?? text.length).trim(),
  );
  return texts.includes("") ? undefined : texts;
}

/** Who speaks most of a span; where nobody does, who speaks within half a second of it. */
function speakerOf({ start, end }: Slot, turns: readonly SpeakerTurn[]): number | undefined {
  const shares = new Map<number, Seconds>();
  for (const turn of turns) {
    const overlap = Math.min(end, turn.end) - Math.max(start, turn.start);
    if (overlap > 0) shares.set(turn.speaker, (shares.get(turn.speaker) ?? 0) + overlap);
  }
  const [most] = [...shares].toSorted(([, a], [, b]) => b - a);
  if (most !== undefined) return most[0];
  const distance = (turn: Slot) => Math.max(turn.start - end, start - turn.end);
  const nearest = turns.toSorted((a, b) => distance(a) - distance(b))[0];
  return nearest !== undefined && distance(nearest) <= nearby ? nearest.speaker : undefined;
}

function turnsNear({ start, end }: Slot, turns: readonly SpeakerTurn[]): readonly SpeakerTurn[] {
  return turns.filter((turn) => turn.end >= start - nearby && turn.start <= end + nearby);
}
