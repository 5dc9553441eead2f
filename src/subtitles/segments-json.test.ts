import { describe, expect, it } from "vitest";
import { toSegments } from "./segments.ts";
import { formatSegments, parseSegments } from "./segments-json.ts";

describe("parseSegments", () => {
  it("reads the documented form and gives the ids that cues would get", () => {
    const segments = parseSegments('[{"start":0,"end":1.5,"text":"Hola,\\nmundo"}]');
    expect(segments).toEqual(toSegments([{ start: 0, end: 1.5, text: "Hola,\nmundo" }]));
  });

  it("reads what Whisper writes", () => {
    const whisper = {
      text: "Hola. Hola.",
      language: "es",
      segments: [
        {
          ...{
            id: 0,
            seek: 0,
            start: 0,
            end: 1,
            text: " Hola.",
            tokens: [1, 2],
            avg_logprob: -0.2,
          },
          words: [{ word: " Hola.", start: 0, end: 0.9, probability: 0.9 }, { word: "2" }],
        },
        { id: 1, start: 1, end: 2, text: " Hola.", speaker: null, words: null },
      ],
    };
    const [first, second] = parseSegments(JSON.stringify(whisper));
    expect(first).toMatchObject({ text: "Hola.", words: [{ text: "Hola.", start: 0, end: 0.9 }] });
    expect(second).toEqual({ id: `${first?.id}-2`, start: 1, end: 2, text: "Hola." });
  });

  it("keeps ids, speakers and words, and tells equal ids apart", () => {
    const segment = {
      id: "x",
      start: 1,
      end: 2,
      text: "a",
      speaker: "Ana",
      words: [{ text: "a", start: 1, end: 2 }],
    };
    expect(parseSegments(formatSegments([segment, segment]))).toEqual([
      segment,
      { ...segment, id: "x-2" },
    ]);
  });

  it.each([
    ["[{", "not JSON"],
    ["7", "segments: "],
    ['{"a":1}', "segments: "],
    ['[{"start":0,"end":1,"text":"a"},{"start":"0","end":1,"text":"a"}]', "segments[1].start: "],
    ['[{"start":0,"end":1e999,"text":"a"}]', "segments[0].end: "],
    ['[{"start":0,"end":1}]', "segments[0].text: "],
    ['[{"start":0,"end":1,"text":" "}]', "segments[0].text is blank"],
    [
      '[{"start":8.2,"end":7.8,"text":"a"}]',
      "segments[0].end is not after its start (8.2 → 7.8 s)",
    ],
    ['[{"start":-1,"end":7.8,"text":"a"}]', "segments[0].start is negative (-1 s)"],
  ])("refuses %j and names the place", (text, part) => {
    expect(() => parseSegments(text)).toThrow(
      expect.objectContaining({
        code: "invalid_text",
        message: expect.stringContaining(part),
        hint: expect.any(String),
      }),
    );
  });
});

describe("formatSegments", () => {
  it("writes one segment to a line", () => {
    const segments = toSegments([
      { start: 0, end: 1, text: "a" },
      { start: 1, end: 2, text: "b" },
    ]);
    expect(formatSegments(segments).split("\n")).toHaveLength(5);
    expect(parseSegments(formatSegments(segments))).toEqual(segments);
    expect(parseSegments(formatSegments([]))).toEqual([]);
  });
});
