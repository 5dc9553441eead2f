import { describe, expect, it } from "vitest";
import { parseSubtitles } from "./parse.ts";

const texts = (input: string | Uint8Array, name?: string) =>
  parseSubtitles(input, name === undefined ? {} : { name }).cues.map(({ text }) => text);

const invalid = (part: string) =>
  expect.objectContaining({
    code: "invalid_text",
    message: expect.stringContaining(part),
    hint: expect.any(String),
  });

describe("parseSubtitles", () => {
  const srt = "1\n00:00:01,000 --> 00:00:02,000\nHola\n";

  it("trusts the content before the extension", () => {
    expect(parseSubtitles(srt, { name: "talk.vtt" }).format).toBe("vtt");
    expect(parseSubtitles(srt, { name: "talk.ass" }).format).toBe("srt");
    expect(parseSubtitles(srt).format).toBe("srt");
    expect(
      parseSubtitles("WEBVTT\n\n00:01.000 --> 00:02.000\nHola", { name: "a.srt" }).format,
    ).toBe("vtt");
    expect(
      parseSubtitles("[Script Info]\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,,0,0,0,,Hola", {
        name: "a.srt",
      }).format,
    ).toBe("ass");
    expect(parseSubtitles('[{"start":1,"end":2,"text":"Hola"}]', { name: "a.srt" }).format).toBe(
      "json",
    );
    expect(parseSubtitles('{"segments":[{"start":1,"end":2,"text":"Hola"}]}').format).toBe("json");
  });

  it("keeps the first cue of a file that begins with a byte-order mark", () => {
    expect(texts(new TextEncoder().encode(`\ufeff${srt}`))).toEqual(["Hola"]);
    expect(texts(`\ufeff${srt}`)).toEqual(["Hola"]);
  });

  it("sorts cues by start, cues that start together as they were, and says so", () => {
    const { cues, warnings } = parseSubtitles(
      "1\n0:0:5,0 --> 0:0:6,0\nc\n\n2\n0:0:1,0 --> 0:0:2,0\na\n\n3\n0:0:1,0 --> 0:0:3,0\nb\n",
    );
    expect(cues.map(({ text }) => text)).toEqual(["a", "b", "c"]);
    expect(warnings[0]).toBe("Cue 2 (at 00:00:01.000) was out of order; cues are sorted.");
  });

  it("keeps cues that overlap", () => {
    const { cues, warnings } = parseSubtitles("1\n0:01 --> 0:05\na\n\n2\n0:02 --> 0:03\nb\n");
    expect(cues).toEqual([
      { start: 1, end: 5, text: "a" },
      { start: 2, end: 3, text: "b" },
    ]);
    expect(warnings).toEqual([]);
  });

  it.each([
    [
      "00:00:08,200 --> 00:00:07,800\nx",
      "Cue 7 (at 00:00:08.200) ends before it starts (8.2 → 7.8 s)",
    ],
    ["00:00:08,200 --> 00:00:08,200\nx", "Cue 7 (at 00:00:08.200) has no length"],
    ["-00:00:08,200 --> -00:00:07,200\nx", "Cue 7 ends before the video starts (-7.2 s)"],
    ["00:00:08,200 --> 00:00:09,200\n<i> </i>", "Cue 7 (at 00:00:08.200) has no text"],
    ["00:00:08,200 --> 00:0X:09,200\nx", "Cue 7 (at 00:00:08.200) has no readable times"],
    ["00:0O:08,200 --> 00:00:09,200\nx", "Cue 7 (at 00:00:09.200) has no readable times"],
  ])("leaves out what cannot be used and names it: %j", (block, warning) => {
    const { cues, warnings } = parseSubtitles(
      `6\n00:00:01,000 --> 00:00:02,000\nHola\n\n7\n${block}\n`,
    );
    expect(cues).toEqual([{ start: 1, end: 2, text: "Hola" }]);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });

  it("moves a negative start to 0", () => {
    const { cues, warnings } = parseSubtitles("4\n-00:00:01,000 --> 00:00:02,000\nHola");
    expect(cues).toEqual([{ start: 0, end: 2, text: "Hola" }]);
    expect(warnings).toEqual(["Cue 4 starts at -1 s; it now starts at 0."]);
  });

  it("counts warnings of one kind instead of printing thousands", () => {
    const bad = "1\n00:00:02,000 --> 00:00:01,000\nx\n\n".repeat(1000);
    expect(parseSubtitles(bad + srt).warnings).toHaveLength(11);
    expect(parseSubtitles(bad + srt).warnings.at(-1)).toMatch(/^990 more cues/);
  });

  it.each([
    ["", "It is empty"],
    [" \n\n ", "It is empty"],
    ["Dear diary,\nnothing happened.", "no cue that can be used"],
    ["{0}{25}MicroDVD", "no cue that can be used"],
    ["1\n00:00:02,000 --> 00:00:01,000\nx", "Cue 1 (at 00:00:02.000) ends before it starts"],
    ["WEBVTT", "no cue that can be used"],
    ["[]", "no cue that can be used"],
  ])("refuses %j with a hint, since nothing usable remains", (text, part) => {
    expect(() => parseSubtitles(text, { name: "subs.srt" })).toThrow(invalid(part));
    expect(() => parseSubtitles(text, { name: "subs.srt" })).toThrow(/^subs\.srt/);
  });

  it("refuses more than maxBytes", () => {
    expect(() => parseSubtitles(srt, { maxBytes: 10 })).toThrow(invalid("at most 10"));
  });

  it("reads JSON with unusable times as far as it goes", () => {
    const { cues, warnings } = parseSubtitles(
      '[{"start":1,"end":1,"text":"a"},{"start":2,"end":3,"text":" b\\nc ","speaker":"Ana"}]',
    );
    expect(cues).toEqual([{ start: 2, end: 3, text: "b\nc", speaker: "Ana" }]);
    expect(warnings).toEqual([expect.stringContaining("Cue 1 (at 00:00:01.000) has no length")]);
  });

  it("reads 100,000 cues, with line ends missing between two of them", () => {
    const blocks = Array.from({ length: 100_000 }, (_, index) => {
      const clock = new Date(index * 1000).toISOString().slice(11, 19);
      return `${index + 1}\r\n${clock},000 --> ${clock},900\r\n<i>Line</i> ${index}\r\n`;
    });
    const bytes = new TextEncoder().encode(
      blocks.slice(0, 80_000).join("\r\n") + blocks.slice(80_000).join("\r\n"),
    );
    const { cues } = parseSubtitles(bytes);
    expect(cues).toHaveLength(100_000);
    expect(new Set(cues.map(({ text }) => text)).size).toBe(100_000);
  });
});
