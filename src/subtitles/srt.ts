/** SubRip (.srt), read as it is found in the wild and written as every program understands it. */
import { describeBefore, readBlock } from "./block-cue.ts";
import { type Cue, tidyText } from "./cue.ts";
import { escapeSrt } from "./markup.ts";
import { findBlocks, splitLines } from "./timed-blocks.ts";
import { formatSpan, readTiming } from "./timestamp.ts";
import type { RawCue } from "./usable-cues.ts";

/** Reads SRT text; never throws. The cues are as the file has them: see `keepUsable`. */
export function parseSrt(text: string): {
  readonly raw: readonly RawCue[];
  readonly warnings: readonly string[];
} {
  const found = findBlocks(splitLines(text), "guess");
  return {
    raw: found.blocks.map((block) => readBlock(block, "srt")),
    warnings: describeBefore(found),
  };
}

/**
 * Writes SRT: numbers from 1, `\n` line ends, no byte-order mark. Speakers are not written, SRT has no place for them.
 *
 * Text that would be read as a tag, an entity or a line of times is escaped with entities; cues whose text is blank are left
 * out. Times are rounded to the millisecond.
 */
export function formatSrt(cues: readonly Pick<Cue, "start" | "end" | "text">[]): string {
  return cues
    .map((cue) => ({ cue, text: escapeText(cue.text) }))
    .filter(({ text }) => text !== "")
    .map(({ cue, text }, index) => {
      const [start, end] = formatSpan(cue, ",");
      return `${index + 1}\n${start} --> ${end}\n${text}\n`;
    })
    .join("\n");
}

function escapeText(text: string): string {
  return escapeSrt(tidyText(text), isTimes);
}

/** Many programs take any line with an arrow for times, so no arrow is left. */
function isTimes(line: string): boolean {
  return line.includes("-->") || readTiming(line) !== undefined;
}
