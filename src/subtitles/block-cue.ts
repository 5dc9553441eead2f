/** From a block of SRT or VTT to a cue: text that slipped onto the line of the times is kept, settings are not text. */
import { type MarkupRules, readMarkup } from "./markup.ts";
import type { TimedBlock, TimedBlocks } from "./timed-blocks.ts";
import type { RawCue } from "./usable-cues.ts";

/** `X1:100 Y2:300` in SRT, `align:start position:0%` in VTT. */
const setting = /^[A-Za-z]\w{0,20}:\S*$/;

/** Reads the text of a block by the rules of its format. */
export function readBlock({ number, timing, lines }: TimedBlock, rules: MarkupRules): RawCue {
  const { rest, ...times } = timing;
  const isText = rest !== "" && !rest.split(/\s+/).every((word) => setting.test(word));
  const text = isText ? [rest, ...lines] : lines;
  return { number, ...times, ...readMarkup(text.join("\n"), rules) };
}

/** What to tell about text that stands before the first times. */
export function describeBefore({ before, blocks }: TimedBlocks): readonly string[] {
  if (before.length === 0 || blocks.length === 0) return [];
  const first = (before[0] as string).trim().slice(0, 60);
  return [`Text before the first cue has no times; it is left out: "${first}".`];
}
