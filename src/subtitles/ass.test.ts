import { describe, expect, it } from "vitest";
import { formatAss } from "./ass.ts";
import { parseSubtitles } from "./parse.ts";

const events = (
  lines: string,
  format = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
) =>
  `[Script Info]\nTitle: x\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\nFormat: ${format}\n${lines}\n`;
const parse = (text: string) => parseSubtitles(text).cues;
const textOf = (text: string) =>
  parse(
    events(
      `Dialogue: 0,0:00:00.00,0:00:00.50,D,,0,0,0,,first\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,${text}`,
    ),
  )
    .slice(1)
    .map((cue) => cue.text);

describe("ASS that people have", () => {
  it("has fields in the order of its Format line", () => {
    expect(
      parse(events("Dialogue: Ana,0:00:02.50,0:00:01.25,a, b, c", "Actor, End, Start, Text")),
    ).toEqual([{ start: 1.25, end: 2.5, text: "a, b, c", speaker: "Ana" }]);
  });

  it("has SSA's fields and line ends of Windows", () => {
    const ssa =
      "[Script Info]\r\nScriptType: v4.00\r\n[Events]\r\nFormat: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\nDialogue: Marked=0,0:00:01.00,0:00:02.00,D,Leo,0000,0000,0000,!Effect,Hola, tú\r\n";
    expect(parse(ssa)).toEqual([{ start: 1, end: 2, text: "Hola, tú", speaker: "Leo" }]);
  });

  it.each([
    ["a\\Nb\\nc\\hd", ["a\nb\nc\u00a0d"]],
    ["{\\an8\\pos(1,2)}a{comment}b{\\i1}c", ["abc"]],
    ["{\\p1}m 0 0 l 100 0 100 100{\\p0}", []],
    ["{\\p1}m 0 0 l 1 1{\\p0}text", ["text"]],
    ["{\\pos(3,4)\\pbo1}text", ["text"]],
    ["open { brace", ["open { brace"]],
    ["a, b, {\\b1}c, d", ["a, b, c, d"]],
    ["<i>x</i> &amp;", ["<i>x</i> &amp;"]],
  ])("has text: %j reads %j", (raw, expected) => {
    expect(textOf(raw)).toEqual(expected);
  });

  it("has comments and other sections, which are not text", () => {
    const text = events(
      "Comment: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,no\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,yes\n[Fonts]\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,no",
    );
    expect(parse(text).map((cue) => cue.text)).toEqual(["yes"]);
  });

  it("has no Format line", () => {
    expect(parse("[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,Ana,0,0,0,,a, b")).toEqual([
      { start: 1, end: 2, text: "a, b", speaker: "Ana" },
    ]);
  });
});

describe("formatAss", () => {
  it("writes the look it is asked for, in 720 lines whatever the picture's shape", () => {
    const text = formatAss([{ start: 1, end: 2.346, text: "a\nb" }], {
      font: "Noto Sans, CJK",
      size: 48,
      box: true,
      margin: 30,
      width: 720,
      height: 1280,
    });
    expect(text).toContain("PlayResX: 405\nPlayResY: 720\n");
    expect(text).toMatch(/\nStyle: Default,Noto Sans CJK,48,.*,3,6,0,2,30,30,30,1\n/);
    expect(text).toContain("\nDialogue: 0,00:00:01.00,00:00:02.35,Default,,0,0,0,,a\\Nb\n");
    expect(
      formatAss([])
        .match(/^Style: (.*)$/m)?.[1]
        ?.split(","),
    ).toHaveLength(23);
  });

  it.each([
    "{\\an8}x",
    "C:\\Now\\here",
    "{",
    "}",
    "\\{x\\}",
    "a, b",
    "\\",
    "{\\p1}m 0 0",
    "\\\u2060N",
  ])("lets no text become a command, and %j comes back as it was", (text) => {
    const ass = formatAss([{ start: 1, end: 2, text }]);
    expect(parse(ass).map((cue) => cue.text)).toEqual([text]);
    expect(ass).not.toMatch(/(?<!\\)\{/);
  });

  it("keeps a speaker, without the comma its field cannot hold", () => {
    const [cue] = parse(formatAss([{ start: 1, end: 2, text: "a", speaker: "Pérez, Ana" }]));
    expect(cue?.speaker).toBe("Pérez Ana");
  });
});
