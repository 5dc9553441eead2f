/** Any subtitle file → cues: finds out encoding and format, reads what can be read, and says what could not. */
import { DubberError } from "../core/error.ts";
import { parseAss } from "./ass.ts";
import type { Cue } from "./cue.ts";
import { decodeText } from "./decode-text.ts";
import { parseSegmentCues } from "./segments-json.ts";
import { parseSrt } from "./srt.ts";
import { keepUsable, type RawCue } from "./usable-cues.ts";
import { parseVtt } from "./vtt.ts";

type SubtitleFormat = "srt" | "vtt" | "ass" | "json";

/** What could be read of a subtitle file, and what could not. */
export type ParsedSubtitles = {
  /** Sorted by start; at least one; 0 ≤ start < end. */
  readonly cues: readonly Cue[];
  readonly format: SubtitleFormat;
  /** Lowercase WHATWG name; `utf-8` for a string. */
  readonly encoding: string;
  /** What was guessed, mended or left out, by cue number and time. */
  readonly warnings: readonly string[];
};

export type ParseOptions = {
  /** File name for the messages; its extension decides the format where the content does not. */
  readonly name?: string;
  /** Larger input is refused. Default 64 MiB. */
  readonly maxBytes?: number;
};

/**
 * Reads SRT, VTT, ASS/SSA or segments JSON, as ugly as people have them, in time linear in the size.
 *
 * @throws DubberError `invalid_text` when the input is too large, is not text, is JSON of another shape, or no cue of it can be used.
 */
export function parseSubtitles(
  input: Uint8Array | string,
  { name = "The text", maxBytes = 64 * 1024 * 1024 }: ParseOptions = {},
): ParsedSubtitles {
  if (input.length > maxBytes) throw tooLarge(name, input.length, maxBytes);
  const { text, encoding, warnings } =
    typeof input === "string"
      ? { text: input.replace(/^\ufeff/, ""), encoding: "utf-8", warnings: [] }
      : decodeText(input, { name });
  const format = findFormat(text, name);
  const found = readRaw(text, format);
  const usable = keepUsable(found.raw);
  if (usable.cues.length === 0) throw nothingUsable(name, text, usable.warnings);
  return {
    cues: usable.cues,
    format,
    encoding,
    warnings: [...warnings, ...(found.warnings ?? []), ...usable.warnings],
  };
}

function readRaw(
  text: string,
  format: SubtitleFormat,
): { readonly raw: readonly RawCue[]; readonly warnings?: readonly string[] } {
  switch (format) {
    case "srt":
      return parseSrt(text);
    case "vtt":
      return parseVtt(text);
    case "ass":
      return parseAss(text);
    case "json":
      return { raw: parseSegmentCues(text) };
  }
}

/** What the content shows, else what the extension says, else SRT. */
function findFormat(text: string, name: string): SubtitleFormat {
  const start = text.trimStart().slice(0, 4096);
  if (start.startsWith("WEBVTT")) return "vtt";
  if (/^(?:\[(?:script info|v4\+? styles|events)\]|dialogue ?:)/i.test(start)) return "ass";
  if (start.startsWith(";") && /^\[script info\]/im.test(start)) return "ass";
  if (/^(?:\[\s{0,99}[{\]]|\{\s{0,99}["}])/.test(start)) return "json";
  switch (/\.(\w{1,8})$/.exec(name)?.[1]?.toLowerCase()) {
    case "vtt":
      return "vtt";
    case "ass":
    case "ssa":
      return /^\s{0,8}dialogue ?:/im.test(text) ? "ass" : "srt";
    case "json":
      return "json";
    default:
      return "srt";
  }
}

function tooLarge(name: string, size: number, most: number): DubberError {
  return new DubberError("invalid_text", `${name} has ${size} bytes; at most ${most} are read.`, {
    hint: "Is it a video? Give an SRT, VTT, ASS or segments JSON file.",
  });
}

function nothingUsable(name: string, text: string, reasons: readonly string[]): DubberError {
  const why =
    text.trim() === "" ? " It is empty." : reasons[0] === undefined ? "" : ` ${reasons[0]}`;
  return new DubberError("invalid_text", `${name} holds no cue that can be used.${why}`, {
    hint: "Give SRT, VTT, ASS or segments JSON, with lines such as 00:00:01,000 --> 00:00:02,500.",
  });
}
