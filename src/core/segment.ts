/** The words every part shares for what is said and when. Times are seconds from the start of the media. */

/** Seconds from the start of the media, or a length in seconds; the only time unit inside Dubber. */
export type Seconds = number;

/** One recognised word. */
export type Word = { readonly text: string; readonly start: Seconds; readonly end: Seconds };

/** One piece of text with its time: a subtitle cue, or a recognised phrase. */
export type Segment = {
  /** Stable: inserting a segment renames no other. */
  readonly id: string;
  readonly start: Seconds;
  /** Greater than `start`. */
  readonly end: Seconds;
  readonly text: string;
  readonly speaker?: string;
  readonly words?: readonly Word[];
};

/** A span of time. `end` is greater than `start`. */
export type Slot = { readonly start: Seconds; readonly end: Seconds };

/** What is spoken in one breath: one or more neighbouring segments of one speaker. */
export type Line = {
  readonly id: string;
  /** Ids of the segments it was made from, in order. */
  readonly segments: readonly string[];
  readonly text: string;
  readonly speaker?: string;
  /** From the start of its first segment to the end of its last. */
  readonly slot: Slot;
  /** The time span of every segment, in order; `sentences_groups.json` keeps these. */
  readonly windows: readonly Slot[];
};
