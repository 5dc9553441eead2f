/** WebVTT (.vtt): https://www.w3.org/TR/webvtt1/, read more forgivingly than a browser does. */
import { describeBefore, readBlock } from "./block-cue.ts";
import { type Cue, tidyText } from "./cue.ts";
import { escapeVttLine, tidyName } from "./markup.ts";
import { findBlocks, splitLines } from "./timed-blocks.ts";
import { formatSpan, readTiming } from "./timestamp.ts";
import type { RawCue } from "./usable-cues.ts";

/** Reads VTT text, with or without its header; never throws. The cues are as the file has them: see `keepUsable`. */
export function parseVtt(text: string): {
  readonly raw: readonly RawCue[];
  readonly warnings: readonly string[];
} {
  const found = findBlocks(withoutComments(splitLines(text)), "always");
  return {
    raw: found.blocks.map((block) => readBlock(block, "vtt")),
    warnings: describeBefore(found),
  };
}

/**
 * Writes VTT with `<v Speaker>` where a cue has one. Text is escaped as the specification asks; cues whose text is blank are
 * left out. Times are rounded to the millisecond.
 */
export function formatVtt(cues: readonly Cue[]): string {
  const blocks = cues
    .map((cue) => ({ cue, text: tidyText(cue.text) }))
    .filter(({ text }) => text !== "")
    .map(({ cue, text }) => {
      const [start, end] = formatSpan(cue, ".");
      const speaker = tidyName(cue.speaker ?? "");
      const voice = speaker === "" ? "" : `<v ${escapeVttLine(speaker)}>`;
      const lines = text.split("\n").map(escapeVttLine).join("\n");
      return `${start} --> ${end}\n${voice}${lines}\n`;
    });
  return ["WEBVTT\n", ...blocks].join("\n");
}

const comment = /^NOTE(?:\s|$)/;
const definition = /^(?:STYLE|REGION)\s*$/;

/** Leaves out the header and the NOTE, STYLE and REGION blocks; as in a browser, a line of times ends any of them. */
function withoutComments(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let at = headerEnd(lines);
  while (at < lines.length) {
    const line = lines[at] as string;
    if (isBlank(lines[at - 1]) && isCommentStart(line, lines[at + 1])) at = blockEnd(lines, at);
    else {
      kept.push(line);
      at++;
    }
  }
  return kept;
}

function headerEnd(lines: readonly string[]): number {
  const first = lines.findIndex((line) => !isBlank(line));
  return lines[first]?.trimStart().startsWith("WEBVTT") ? blockEnd(lines, first) : 0;
}

function blockEnd(lines: readonly string[], start: number): number {
  let end = start + 1;
  while (
    end < lines.length &&
    !isBlank(lines[end]) &&
    readTiming(lines[end] as string) === undefined
  )
    end++;
  return end;
}

function isBlank(line = ""): boolean {
  return line.trim() === "";
}

/** A block named STYLE or REGION right above times is a cue with an odd id. */
function isCommentStart(line: string, next = ""): boolean {
  return comment.test(line) || (definition.test(line) && readTiming(next) === undefined);
}
