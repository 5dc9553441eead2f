import { describe, expect, it } from "vitest";
import { named } from "../../test/support/named.ts";
import { parseSubtitles } from "./parse.ts";
import { formatSrt } from "./srt.ts";

const parse = (text: string) => parseSubtitles(text, { name: "a.srt" });
const texts = (text: string) => parse(text).cues.map((cue) => cue.text);
const times = (line: string) => {
  const [cue] = parse(`1\n${line}\nx`).cues;
  return [cue?.start, cue?.end];
};

describe("SRT that people have", () => {
  it.each([
    ["CRLF", "\r\n"],
    ["CR", "\r"],
    ["LF", "\n"],
    ["CR CR LF", "\r\r\n"],
  ])("has %s line ends", (_, end) => {
    const lines = [
      "1",
      "00:00:01,000 --> 00:00:02,000",
      "a",
      "b",
      "",
      "2",
      "00:00:03,000 --> 00:00:04,000",
      "c",
      "",
    ];
    expect(texts(lines.join(end))).toEqual(["a\nb", "c"]);
  });

  it.each([
    ["00:00:01,500 --> 00:00:02,250", [1.5, 2.25]],
    ["00:00:01.500 --> 00:00:02.250", [1.5, 2.25]],
    ["00:01,500 --> 00:02,250", [1.5, 2.25]],
    ["1:2:3,4 --> 1:2:4", [3723.4, 3724]],
    ["0:0:1,5-->0:0:2,5", [1.5, 2.5]],
    ["00: 00: 01, 500 -> 00: 00: 02, 250", [1.5, 2.25]],
    ["00:00:01:500 --> 00:00:02:250", [1.5, 2.25]],
    ["00:00:01,500 –> 00:00:02,250", [1.5, 2.25]],
    ["  00:00:01,500\t-->\t00:00:02,250  ", [1.5, 2.25]],
    ["00:00:01,500 --> 00:00:02,250 X1:100 X2:200 Y1:10 Y2:20", [1.5, 2.25]],
    ["100:00:00,000 --> 100:00:00,001", [360000, 360000.001]],
    ["00:00:59,9996 --> 00:01:01,000", [60, 61]],
  ])("has times such as %j", (line, expected) => {
    expect(times(line)).toEqual(expected);
    expect(texts(`1\n${line}\nx`)).toEqual(["x"]);
  });

  const twice = "00:00:01,000 --> 00:00:02,000";
  it.each([
    ["no numbers", `${twice}\na\n\n${twice}\nb`],
    ["the number of a deleted cue", `1\n${twice}\na\n\n2\n\n3\n${twice}\nb`],
    ["the number of a deleted last cue", `1\n${twice}\na\n\n2\n${twice}\nb\n\n3\n`],
    ["equal numbers", `1\n${twice}\na\n\n1\n${twice}\nb`],
    ["numbers that are words", `one\n${twice}\na\n\ntwo\n${twice}\nb`],
    ["numbers with a sign", `#1\n${twice}\na\n\n2.\n${twice}\nb`],
    ["no blank lines", `1\n${twice}\na\n2\n${twice}\nb`],
    ["no blank lines and no numbers", `${twice}\na\n${twice}\nb`],
    ["many blank lines", `\n\n\n1\n${twice}\n\n\na\n\n\n\n\n2\n${twice}\nb\n\n\n`],
    ["every second line blank", `1\n\n${twice}\n\na\n\n\n\n2\n\n${twice}\n\nb\n`],
    ["blank lines of spaces", `1\n${twice}\na\n \t \n2\n${twice}\nb\n \n`],
    ["text beside the times", `1\n${twice} a\n\n2\n${twice} X1:3\nb`],
  ])("has %s", (_, text) => {
    expect(texts(text)).toEqual(["a", "b"]);
  });

  it("has blank lines inside a text, which lose nothing", () => {
    expect(texts(`1\n${twice}\na\n\nb b\n\nc\n\n2\n${twice}\nd`)).toEqual(["a\nb b\nc", "d"]);
    expect(texts(`${twice}\na\n\nThe end\n\n${twice}\nd`)).toEqual(["a\nThe end", "d"]);
  });

  it("has text that is a number", () => {
    expect(texts(`1\n${twice}\n42\n\n2\n${twice}\n1984\n`)).toEqual(["42", "1984"]);
    expect(texts(`1\n${twice}\na\n7\n\n2\n${twice}\n3\n`)).toEqual(["a\n7", "3"]);
  });

  it("has text before the first times, which is named", () => {
    const { cues, warnings } = parse(`Subtitles by nobody\n\n1\n${twice}\na`);
    expect(cues.map(({ text }) => text)).toEqual(["a"]);
    expect(warnings).toEqual([expect.stringContaining("Subtitles by nobody")]);
  });

  it.each(
    named([
      ["<i>a</i> <B>b</B>", "a b"],
      ["<font color=\"#fff\" face='x'>a</font>", "a"],
      ["{\\an8}a{\\i1}b", "ab"],
      ["a<br>b<br/>c", "a\nb\nc"],
      ["Tom &amp; Jerry &lt;3 &#8364; &#x20AC; &hellip;", "Tom & Jerry <3 € € …"],
      ["AT&T & R&D &bogus; &#99999999;", "AT&T & R&D &bogus; &#99999999;"],
      ["a < b and c > d", "a < b and c > d"],
      ["I <3 you > me", "I <3 you > me"],
      ["<laughs> yes", "<laughs> yes"],
      ["{not code} \\N", "{not code} \\N"],
      ["  a \u0000 \tb  ", "a b"],
      ["&amp;lt;i&amp;gt;", "&lt;i&gt;"],
    ]),
  )("has markup: %s", (_name, raw, plain) => {
    expect(texts(`1\n${twice}\n${raw}`)).toEqual([plain]);
  });

  it("has a cue of 10,000 characters", () => {
    const long = "palabra ".repeat(1250).trim();
    expect(texts(`1\n${twice}\n${long}`)).toEqual([long]);
  });
});

describe("formatSrt", () => {
  const cue = (text: string) => ({ start: 1, end: 2, text });

  it("writes what every program reads", () => {
    expect(
      formatSrt([
        { start: 0, end: 1.2344, text: "Tom & Jerry\n¿Qué?" },
        { start: 3723.4, end: 360000, text: "b" },
      ]),
    ).toBe(
      "1\n00:00:00,000 --> 00:00:01,234\nTom & Jerry\n¿Qué?\n\n2\n01:02:03,400 --> 100:00:00,000\nb\n",
    );
  });

  it.each([
    "a --> b",
    "00:00:05,000 --> 00:00:06,000",
    "0:05 -> 0:06",
    "x\n7\n00:00:05,000 --> 00:00:06,000\ny",
    "<i>not italic</i>",
    "<i <b>",
    "<v\n>",
    "&amp; &lt;i&gt; &#65;",
    "{\\an8}",
    "WEBVTT",
    "[Script Info]",
    "5",
    "NOTE x",
  ])("lets the text %j come back as it was", (text) => {
    const cues = [cue(text), cue("next")];
    expect(parse(formatSrt(cues)).cues).toEqual(cues);
    for (const line of formatSrt([cue(text)])
      .split("\n")
      .slice(2))
      expect(line).not.toContain("-->");
  });

  it("lets no blank line end a cue early", () => {
    expect(formatSrt([cue("a\n\n \r\nb")])).toBe("1\n00:00:01,000 --> 00:00:02,000\na\nb\n");
  });

  it("leaves out blank cues and numbers the rest", () => {
    expect(formatSrt([cue(" \n "), cue("b")])).toMatch(/^1\n.*\nb\n$/);
    expect(formatSrt([])).toBe("");
  });

  it("gives the shortest cue a millisecond", () => {
    expect(formatSrt([{ start: 1, end: 1.0001, text: "a" }])).toContain(
      "00:00:01,000 --> 00:00:01,001",
    );
  });
});
