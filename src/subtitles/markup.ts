/** Tags and entities in SRT and VTT text: reading past them, and writing text so that nothing is taken for one. */
import { tidyText } from "./cue.ts";

/** Which tags count: in VTT everything that looks like one, in SRT only those that exist, since people also write `<laughs>`. */
export type MarkupRules = "srt" | "vtt";

const tags: Readonly<Record<MarkupRules, RegExp>> = {
  srt: /<\/?(?:b|i|u|s|em|strong|font|span|p|c|v|lang|ruby|rt|rb|sub|sup|big|small|center|a|div)(?:[\s./][^<>\n]*)?\/?>/gi,
  vtt: /<\/?[a-z][^<>\n]*>/gi,
};
const lineBreak = /<br ?\/?>/gi;
/** Karaoke times inside a cue: `<00:00:01.500>`. */
const innerTime = /<\d{1,6}:\d[\d:.,]{0,20}>/g;
/** How a ruby text is read aloud is written above it; both would say it twice. */
const rubyReading = /<rt>[^<\n]*<\/rt>/gi;
/** ASS override blocks that players honour in SRT as well: `{\an8}`. */
const override = /\{\\[^{}\n]*\}/g;
const voice = /<v(?:\.[^\s<>]*)?[ \t]([^<>\n]*)>/gi;
const entity = /&(#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,8});/gi;
const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  lrm: "\u200e",
  rlm: "\u200f",
  shy: "\u00ad",
  hellip: "…",
  ndash: "–",
  mdash: "—",
  laquo: "«",
  raquo: "»",
};

/** Text without tags, entities decoded, tidy; and who speaks, when every voice tag names the same speaker. */
export function readMarkup(
  raw: string,
  rules: MarkupRules,
): { readonly text: string; readonly speaker?: string } {
  const text = tidyText(plain(raw, rules));
  if (!raw.includes("<")) return { text };
  const voices = new Set([...raw.matchAll(voice)].map(([, name = ""]) => tidyName(decode(name))));
  const [speaker] = voices;
  return voices.size === 1 && speaker ? { text, speaker } : { text };
}

/** A speaker's name on one line. */
export function tidyName(name: string): string {
  return tidyText(name).replaceAll("\n", " ");
}

/**
 * Escapes text for SRT, and only the lines that would be misread: programs that show entities as they are should show as few
 * as possible.
 *
 * @param isMisread says of a line that it has another meaning in the file than text.
 */
export function escapeSrt(text: string, isMisread: (line: string) => boolean): string {
  const lines = text.split("\n");
  const escaped = lines.map((line) => escapeMarkup(line).replaceAll("{", "&#123;"));
  const some = lines
    .map((line, index) => {
      const isPlain = plain(line, "srt") === line && !isMisread(line);
      return isPlain ? line : (escaped[index] as string);
    })
    .join("\n");
  // A tag may begin on one line and end on another, harmless each by itself.
  return plain(some, "srt") === text ? some : escaped.join("\n");
}

/** Escapes one line of text for VTT, as its specification asks. */
export function escapeVttLine(line: string): string {
  return escapeMarkup(line).replaceAll("{\\", "&#123;\\");
}

function escapeMarkup(line: string): string {
  return line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function plain(raw: string, rules: MarkupRules): string {
  let text = raw;
  if (text.includes("<")) {
    text = text
      .replace(rubyReading, "")
      .replace(lineBreak, "\n")
      .replace(innerTime, "")
      .replace(tags[rules], "");
  }
  if (text.includes("{\\")) text = text.replace(override, "");
  return text.includes("&") ? decode(text) : text;
}

function decode(text: string): string {
  return text.replace(entity, (whole, name: string) => {
    if (!name.startsWith("#")) return named[name.toLowerCase()] ?? whole;
    const isHexadecimal = name[1] === "x" || name[1] === "X";
    const code = Number.parseInt(name.slice(isHexadecimal ? 2 : 1), isHexadecimal ? 16 : 10);
    if (code > 0x10ffff) return whole;
    return code >= 0xd800 && code <= 0xdfff ? "\ufffd" : String.fromCodePoint(code);
  });
}
