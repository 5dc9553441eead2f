import { describe, expect, it } from "vitest";
import { parseSubtitles } from "./parse.ts";
import { formatVtt } from "./vtt.ts";

const parse = (text: string) => parseSubtitles(text, { name: "a.vtt" }).cues;
const texts = (text: string) => parse(text).map((cue) => cue.text);
const line = "00:01.000 --> 00:02.000";

describe("VTT that people have", () => {
  it("has a header, comments, styles, regions, ids and settings", () => {
    const text = `WEBVTT - talk
Kind: captions
Language: es

NOTE one line

NOTE
more
lines

STYLE
::cue { color: red }

REGION
id:fred
width:40%

intro
00:00:01.000 --> 00:00:02.000 align:start position:0%
Hola

NOTE between

2
00:03.500 --> 00:04.000 region:fred
¿Qué tal?
`;
    const { cues, warnings } = parseSubtitles(text);
    expect(cues).toEqual([
      { start: 1, end: 2, text: "Hola" },
      { start: 3.5, end: 4, text: "¿Qué tal?" },
    ]);
    expect(warnings).toEqual([]);
  });

  it("has voices, which are the speakers", () => {
    expect(parse(`WEBVTT\n\n${line}\n<v.loud Ana Pérez>Hola</v>`)).toEqual([
      { start: 1, end: 2, text: "Hola", speaker: "Ana Pérez" },
    ]);
    expect(parse(`WEBVTT\n\n${line}\n<V Q&amp;A>Hola`)[0]?.speaker).toBe("Q&A");
  });

  it("has two voices in a cue, which name no one speaker", () => {
    const [cue] = parse(`WEBVTT\n\n${line}\n<v Ana>Hola\n<v Leo>Adiós`);
    expect(cue).toEqual({ start: 1, end: 2, text: "Hola\nAdiós" });
  });

  it.each([
    ["<c.yellow.bg_blue>a</c> <i.x>b</i>", "a b"],
    ["a <00:00:01.500>b <00:01.700><c>c</c>", "a b c"],
    ["<lang en-GB>a</lang> <anything at all>b", "a b"],
    ["<ruby>漢字<rt>かんじ</rt></ruby>", "漢字"],
    ["a &lt;b&gt; &amp; &nbsp;c&lrm;", "a <b> & \u00a0c\u200e"],
    ["1 < 2 > 0", "1 < 2 > 0"],
  ])("has markup: %j reads %j", (raw, plain) => {
    expect(texts(`WEBVTT\n\n${line}\n${raw}`)).toEqual([plain]);
  });

  it.each([
    ["a byte-order mark", `\ufeffWEBVTT\n\n${line}\na\n\n${line}\nb`],
    ["no header", `${line}\na\n\n${line}\nb`],
    ["no blank line after the header", `WEBVTT\n${line}\na\n\n${line}\nb`],
    ["no blank line between cues", `WEBVTT\n\n${line}\na\n${line}\nb`],
    ["commas in times", `WEBVTT\n\n00:00:01,000 --> 00:00:02,000\na\n\n${line}\nb`],
    ["a comment above times", `WEBVTT\n\nNOTE\n${line}\na\n\nSTYLE\n${line}\nb`],
    [
      "a header for players",
      `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n${line}\na\n\n${line}\nb`,
    ],
  ])("has %s", (_, text) => {
    expect(texts(text)).toEqual(["a", "b"]);
  });
});

describe("formatVtt", () => {
  it("writes what a browser reads", () => {
    const cues = [
      { start: 1, end: 2.5, text: "a < b & c\n--> d", speaker: "Ana > Leo" },
      { start: 3, end: 4, text: "x\n\ny" },
    ];
    expect(formatVtt(cues)).toBe(
      "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<v Ana &gt; Leo>a &lt; b &amp; c\n--&gt; d\n\n" +
        "00:00:03.000 --> 00:00:04.000\nx\ny\n",
    );
    expect(parse(formatVtt(cues))).toEqual([cues[0], { start: 3, end: 4, text: "x\ny" }]);
  });

  it.each(["NOTE x", "STYLE", "<v Ana>", "{\\an8}", "&nbsp;", "WEBVTT", "7"])(
    "lets the text %j come back as it was",
    (text) => {
      expect(texts(formatVtt([{ start: 1, end: 2, text }]))).toEqual([text]);
    },
  );
});
