/** Cuts a stream of sound into blocks that can be listened to each by itself: the same blocks however the stream was cut. */

import type { Seconds } from "../core/segment.ts";
import { listeningRate } from "../core/sound.ts";

/** One block with what surrounds it. */
export type SoundBlock = {
  /** Where the block begins and ends, seconds from the start of the sound. Blocks follow each other without gap. */
  readonly from: Seconds;
  readonly to: Seconds;
  /** Where `samples` begins: at `from` or, as far as there is any sound, up to `lead` before it. */
  readonly start: Seconds;
  /** 16 kHz; ends at `to` or up to `tail` after it. */
  readonly samples: Int16Array;
};

/** Lengths in seconds. */
export type BlockLengths = {
  readonly block: Seconds;
  readonly lead: Seconds;
  readonly tail: Seconds;
};

/**
 * Cuts `pieces` anew. Holds one block at a time, however long the sound is.
 *
 * @param pieces 16 kHz, in stretches of any length.
 * @returns nothing for an empty sound; the last block may be shorter than the others, or longer by up to `tail`.
 */
export async function* soundBlocks(
  pieces: AsyncIterable<Int16Array>,
  lengths: BlockLengths,
): AsyncGenerator<SoundBlock, void, void> {
  const [block, lead, tail] = [lengths.block, lengths.lead, lengths.tail].map((seconds) =>
    Math.round(seconds * listeningRate),
  ) as [number, number, number];
  const held = new Int16Array(lead + block + tail);
  let length = 0;
  let start = 0;
  let from = 0;
  const cut = (to: number): SoundBlock => ({
    from: from / listeningRate,
    to: to / listeningRate,
    start: start / listeningRate,
    samples: held.slice(0, length),
  });
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const room = from + block + tail - (start + length);
      const part = piece.subarray(at, at + room);
      held.set(part, length);
      length += part.length;
      at += part.length;
      if (part.length < room) continue;
      yield cut(from + block);
      from += block;
      const done = Math.max(0, from - lead - start);
      held.copyWithin(0, done, length);
      start += done;
      length -= done;
    }
  }
  if (start + length > from) yield cut(start + length);
}
