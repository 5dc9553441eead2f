/** SubStation Alpha (.ass, .ssa): the text of a file, and files for burning subtitles into a picture. */
import { type Cue, tidyText } from "./cue.ts";
import { tidyName } from "./markup.ts";
import { splitLines } from "./timed-blocks.ts";
import { formatSpan, readTime } from "./timestamp.ts";
import type { RawCue } from "./usable-cues.ts";

/** The fields of an event where a file does not say them. */
const usualFields = "Layer,Start,End,Style,Name,MarginL,MarginR,MarginV,Effect,Text";

/**
 * Reads the Dialogue lines of ASS or SSA text, fields in the order its Format line gives; never throws. Override
 * blocks and drawings are left out, so are comments. The Name (or Actor) field is the speaker.
 */
export function parseAss(text: string): { readonly raw: readonly RawCue[] } {
  const raw: RawCue[] = [];
  let fields = fieldNames(usualFields);
  let isInEvents = true;
  for (const line of splitLines(text)) {
    const section = /^\s{0,8}\[([^\]]{1,40})\]/.exec(line)?.[1];
    if (section !== undefined) isInEvents = section.trim().toLowerCase() === "events";
    const [, kind, value = ""] = /^\s{0,8}(Format|Dialogue)\s{0,4}:(.*)$/is.exec(line) ?? [];
    if (kind === undefined || !isInEvents) continue;
    if (kind.toLowerCase() === "format") fields = fieldNames(value);
    else raw.push(...readEvent(value, fields, raw.length + 1));
  }
  return { raw };
}

/** How burnt-in subtitles look. Lengths are in 1/720 of the picture's height. */
export type AssStyle = {
  /** Font family. Default `Arial`; choose one that has every character of the text. */
  readonly font?: string;
  /** Height of a line, default 36. */
  readonly size?: number;
  /** An opaque black box behind the text instead of an outline. Default false. */
  readonly box?: boolean;
  /** Distance to the edges, default 40. */
  readonly margin?: number;
  /** Size of the picture, any unit, so that letters keep their shape. Default 1280 × 720. */
  readonly width?: number;
  readonly height?: number;
};

/**
 * Writes ASS for burning: white text, centred at the bottom, lines exactly as the cues have them (see `splitCue`).
 *
 * Braces and backslashes of the text are escaped the way libass reads them, so no text can become a command. Cues whose text is
 * blank are left out. Times are rounded to the centisecond, the format knows no finer.
 */
export function formatAss(cues: readonly Cue[], style: AssStyle = {}): string {
  const { font = "Arial", size = 36, box = false, margin = 40, width = 1280, height = 720 } = style;
  const family = inField(font) || "Arial";
  const look = `&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,${box ? 3 : 1},${box ? 6 : 2},0`;
  const events = cues
    .map((cue) => ({ cue, text: tidyText(cue.text) }))
    .filter(({ text }) => text !== "")
    .map(({ cue, text }) => {
      const [start, end] = formatSpan(cue, ".", 2);
      const lines = text.split("\n").map(escapeLine).join("\\N");
      return `Dialogue: 0,${start},${end},Default,${inField(cue.speaker ?? "")},0,0,0,,${lines}`;
    });
  return `${[
    "[Script Info]",
    "ScriptType: v4.00+",
    `PlayResX: ${Math.round((720 * width) / height)}`,
    "PlayResY: 720",
    "WrapStyle: 0",
    "ScaledBorderAndShadow: yes",
    "",
    "[V4+ Styles]",
    "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding",
    `Style: Default,${family},${size},${look},2,${margin},${margin},${margin},1`,
    "",
    "[Events]",
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
    ...events,
  ].join("\n")}\n`;
}

/** Fields end at a comma, so a name cannot hold one. */
function inField(name: string): string {
  return tidyName(name.replaceAll(",", " "));
}

/** libass knows `\\{` and `\\}`; a backslash stays one when an invisible word joiner (U+2060) follows it. */
function escapeLine(line: string): string {
  return line.replace(/[\\{}]/g, (character) =>
    character === "\\" ? "\\\u2060" : `\\${character}`,
  );
}

function fieldNames(list: string): readonly string[] {
  return list.split(",").map((name) => name.trim().toLowerCase());
}

function readEvent(value: string, fields: readonly string[], number: number): RawCue[] {
  const values = splitFields(value, fields.length);
  const field = (name: string): string => values[fields.indexOf(name)]?.trim() ?? "";
  const start = readTime(field("start"))?.seconds;
  const end = readTime(field("end"))?.seconds;
  const { text, hasDrawing } = plainText(field("text"));
  if (hasDrawing && text.trim() === "") return [];
  const speaker = tidyName(field("name") || field("actor"));
  return [
    {
      number: String(number),
      text: tidyText(text),
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
      ...(speaker === "" ? {} : { speaker }),
    },
  ];
}

/** The last field is the text and may hold commas. */
function splitFields(value: string, count: number): readonly string[] {
  const values: string[] = [];
  let from = 0;
  while (values.length < count - 1) {
    const comma = value.indexOf(",", from);
    if (comma < 0) break;
    values.push(value.slice(from, comma));
    from = comma + 1;
  }
  return [...values, value.slice(from)];
}

/** What a backslash and the character after it stand for. U+2060 only keeps a backslash from meaning anything. */
const escapes: Readonly<Record<string, string>> = {
  N: "\n",
  n: "\n",
  h: "\u00a0",
  "{": "{",
  "}": "}",
  "\u2060": "\\",
};

function plainText(source: string): { readonly text: string; readonly hasDrawing: boolean } {
  let text = "";
  let isDrawing = false;
  let hasDrawing = false;
  // Without this, many opening braces and no closing one would search the rest again for each.
  const lastClosing = source.lastIndexOf("}");
  for (let at = 0; at < source.length; at++) {
    const character = source[at] as string;
    if (character === "{" && at < lastClosing) {
      const end = source.indexOf("}", at);
      const scale = [...source.slice(at, end).matchAll(/\\p(\d{1,3})/g)].at(-1)?.[1];
      if (scale !== undefined) isDrawing = Number(scale) > 0;
      hasDrawing ||= isDrawing;
      at = end;
      continue;
    }
    const escaped = character === "\\" ? escapes[source[at + 1] ?? ""] : undefined;
    if (escaped !== undefined) at++;
    if (!isDrawing) text += escaped ?? character;
  }
  return { text, hasDrawing };
}
