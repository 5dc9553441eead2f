/** Puts together what a detector found block by block. */
import type { Call } from "../core/call.ts";
import type { Seconds, Slot } from "../core/segment.ts";
import { clipSlots } from "./slots.ts";
import { type BlockLengths, soundBlocks } from "./sound-blocks.ts";

/** Finds speech in one stretch of sound: seconds from its first sample, sorted, apart from each other. */
export type FindSpans = (samples: Int16Array, call: Call) => Promise<readonly Slot[]>;

/** What `SpeechDetector.detect` yields. */
export type SpeechBatch = { readonly speech: readonly Slot[]; readonly until: Seconds };

/** The part of two spans on both sides of a seam, which the two blocks place a little differently. */
const seamGap: Seconds = 0.1;
/** Speech without a pause is told in parts of about this length, so that nobody has to wait for its end. */
const longestSpan: Seconds = 120;

/**
 * Finds the speech of a whole sound, one block after the other; each block is found with some sound before and after it, so that
 * speech across a seam is one span.
 *
 * @param find looks at one block; is called again with the next one when its answer is there.
 * @yields a batch per block. Spans are sorted and apart, but for speech without a pause for more than 120 s: that touches at a seam.
 * @throws what `find` or the sound throws; the signal's reason.
 */
export async function* detectInBlocks(
  pieces: AsyncIterable<Int16Array>,
  find: FindSpans,
  lengths: BlockLengths,
  { signal }: Call = {},
): AsyncGenerator<SpeechBatch, void, void> {
  let open: Slot | undefined;
  let end = 0;
  for await (const { from, to, start, samples } of soundBlocks(pieces, lengths)) {
    signal?.throwIfAborted();
    end = to;
    const found = await find(samples, signal === undefined ? {} : { signal });
    const placed = found.map((span) => ({ start: start + span.start, end: start + span.end }));
    const here = clipSlots(placed, { start: from, end: to });
    const speech = joinSpans(open === undefined ? here : [open, ...here], seamGap);
    const last = speech.at(-1);
    const goesOn =
      last !== undefined && last.end > to - seamGap && last.end - last.start < longestSpan;
    open = goesOn ? speech.pop() : undefined;
    yield { speech, until: open?.start ?? to };
  }
  if (open !== undefined) yield { speech: [open], until: end };
}

/**
 * Joins spans that overlap or are less than `gap` seconds apart.
 *
 * @param spans sorted by start.
 */
export function joinSpans(spans: readonly Slot[], gap: Seconds): Slot[] {
  const joined: { start: Seconds; end: Seconds }[] = [];
  for (const { start, end } of spans) {
    const last = joined.at(-1);
    if (last !== undefined && start - last.end < gap) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}
