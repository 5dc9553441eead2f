/** What a dub has to say, in words for whoever sent it: their files by what they are, no path of the server, no flag of the command line. */
import { basename } from "node:path";
import { DubberError, type ErrorCode } from "../../core/error.ts";
import { withoutPaths } from "../api-error.ts";
import type { DubOrder } from "./dub-protocol.ts";

export type ClientWords = {
  /** A message of the pipeline's. */
  message(text: string): string;
  /** Any plain value: only what names the server's own folders is changed in its texts. */
  value<T>(value: T): T;
  error(error: DubberError): DubberError;
};

/** In place of hints that name flags and files of the work directory. */
const hints: Partial<Record<ErrorCode, string>> = {
  text_missing:
    "Send the text in the dub's language as `subtitles` (SRT, VTT, ASS or segments JSON).",
  nothing_heard:
    "Send the text in the dub's language as `subtitles` (SRT, VTT, ASS or segments JSON).",
  invalid_text: "`subtitles` takes SRT, VTT, ASS or segments JSON, in the dub's language.",
  line_too_long: "Shorten these lines in the subtitles, or give them more time.",
  unknown_language: "GET /api/v1/voices/pretrained/list shows which languages are spoken.",
  missing_font: "`burn` = `soft` needs no font.",
};
const isForCommandLine = (hint: string): boolean =>
  /(^|\s)--\w|`dubber |the same command|subs\.srt/.test(hint);

/** Codes that mean nothing to a client, by what they mean here. */
const codes: Partial<Record<ErrorCode, ErrorCode>> = { missing_font: "tool_failed" };

export function openClientWords({
  video,
  subtitles,
  root,
}: Pick<DubOrder, "video" | "subtitles" | "root">): ClientWords {
  const files: [name: string, words: string][] = [
    [video, "the video"],
    [basename(video), "the video"],
  ];
  if (subtitles !== undefined) {
    files.push([subtitles, "the subtitle file"], [basename(subtitles), "the subtitle file"]);
  }
  const withoutFiles = (text: string): string =>
    withoutRoot(
      files.reduce((said, [name, words]) => said.replaceAll(name, words), text),
      root,
    );
  const message = (text: string): string => capitalized(withoutPaths(withoutFiles(text)));
  return {
    message,
    value: (value) => mapTexts(value, withoutFiles) as typeof value,
    error({ code, message: text, hint, retryable, cause }) {
      const ours = hints[code] ?? (hint && !isForCommandLine(hint) ? message(hint) : undefined);
      // What ffmpeg said stands below the first line: for whoever runs it.
      const [first = text] = text.split("\n");
      return new DubberError(codes[code] ?? code, message(first), {
        ...{ retryable, cause },
        ...(ours !== undefined && { hint: ours }),
      });
    },
  };
}

/** Also of folders with blanks in their names, which no pattern finds the end of. */
function withoutRoot(text: string, root: string): string {
  const [start = "", ...rest] = text.split(root);
  return (
    start + rest.map((one) => `a file of the server${one.replace(/^\/[^\s"'`),;]*/, "")}`).join("")
  );
}

function capitalized(text: string): string {
  return text.replace(/^the (video|subtitle file)\b/, "The $1");
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)]),
  );
}
