import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longOrShort } from "../../test/support/long-or-short.ts";
import { DubberError } from "../core/error.ts";
import { formatAss } from "./ass.ts";
import { type Cue, tidyText } from "./cue.ts";
import { type ParsedSubtitles, parseSubtitles } from "./parse.ts";
import { formatSrt } from "./srt.ts";
import { formatVtt } from "./vtt.ts";

/** Cues as they come out of any file, or nothing where the input was refused properly. */
function tryParse(input: string | Uint8Array): ParsedSubtitles | undefined {
  try {
    return parseSubtitles(input);
  } catch (error) {
    if (error instanceof DubberError && error.code === "invalid_text") return undefined;
    throw error;
  }
}

function expectSound(parsed: ParsedSubtitles | undefined): void {
  let latest = 0;
  for (const { start, end, text } of parsed?.cues ?? []) {
    expect(start).toBeGreaterThanOrEqual(latest);
    expect(end).toBeGreaterThan(start);
    expect(Number.isFinite(end)).toBe(true);
    expect(text).toBe(tidyText(text));
    expect(text).not.toBe("");
    latest = start;
  }
}

const valid = [
  "1\n00:00:01,000 --> 00:00:02,000\nHola <i>mundo</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n¿Qué &amp; tal?\n",
  "WEBVTT\n\nNOTE x\n\nSTYLE\n::cue {}\n\nid\n00:01.000 --> 00:02.000 align:start\n<v Ana>Hola</v>\n\n00:03.000 --> 00:04.000\nb\n",
  "[Script Info]\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,0:00:01.00,0:00:02.00,D,Ana,0,0,0,,{\\an8}a, b\\Nc\n",
  '[{"start":1,"end":2,"text":"a","words":[{"word":"a","start":1,"end":2}]},{"start":2,"end":3,"text":"b"}]',
];
const fragments = [
  ...[
    "-->",
    "->",
    "00:00:01,000 --> 00:00:02,000",
    "\n",
    "\r",
    "\r\n\n",
    "<",
    ">",
    "<i>",
    "<v ",
    "&",
    "&amp;",
    "&#",
  ],
  ...[
    "{\\",
    "}",
    "{\\p1}",
    "\\N",
    "NOTE",
    "STYLE",
    "WEBVTT",
    "[Events]",
    "Format:",
    "Dialogue:",
    ",",
    ":",
    "99999999",
  ],
  ...["-", "\u0000", "\ufeff", "\u2028", "天", "👩‍👧", '"', "[", "{", "1e999", "null", "1"],
];
const piece = fc.oneof(fc.constantFrom(...fragments), fc.string({ unit: "binary", maxLength: 8 }));
const soup = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(""));

/** A valid file with a few places overwritten, cut out or added to. */
const mutated = fc
  .tuple(
    fc.constantFrom(...valid),
    fc.array(fc.tuple(fc.nat(300), fc.nat(10), piece), { minLength: 1, maxLength: 6 }),
  )
  .map(([text, edits]) =>
    edits.reduce((now, [at, length, put]) => now.slice(0, at) + put + now.slice(at + length), text),
  );

describe("any input", () => {
  it("gives sound cues or invalid_text, from arbitrary text", () => {
    fc.assert(
      fc.property(fc.oneof(soup, mutated), (text) => expectSound(tryParse(text))),
      { numRuns: 2000 },
    );
  });

  it("gives sound cues or invalid_text, from arbitrary bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      mutated.map((text) => new TextEncoder().encode(text)),
      fc.tuple(mutated, fc.uint8Array({ maxLength: 20 }), fc.nat(300)).map(([text, junk, at]) => {
        const whole = new TextEncoder().encode(text);
        return Uint8Array.from([...whole.slice(0, at), ...junk, ...whole.slice(at)]);
      }),
    );
    fc.assert(
      fc.property(bytes, (input) => expectSound(tryParse(input))),
      { numRuns: 1000 },
    );
  });

  const heads = [
    ...["", "1\n00:00:01,000 --> 00:00:02,000\n", "WEBVTT\n\n00:01.000 --> 00:02.000\n"],
    `${valid[2]}Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,{\\`,
  ];
  const marks =
    '< <i <i/ <rt> <v. <00:00 & &# &#1 &amp { } \\ {\\ {\\p1 {\\p1} - -- --> 0 0: , [ {"a": \ufffd é'.split(
      " ",
    );
  const spaced = [" ", "\t", "\u3000", "<i ", "<v ", "1 ", " :", "00:00:01,000 --> "];
  const lines =
    "\r|\n|\n\n|1\n|天\n|NOTE\n|NOTE\n\n|STYLE\n|[Events]\n|0:01-->0:02\n|0:02 --> 0:01\n".split(
      "|",
    );

  const longest = longOrShort(1_000_000, 300_000);

  it.each([...marks, ...spaced, ...lines])(
    "is read in linear time when it is long and all %j",
    (part) => {
      for (const [index, head] of heads.entries()) {
        const long = part.repeat((index < 2 ? longest : longest / 4) / part.length);
        // A quadratic reader would take minutes here; the test's own deadline ends it.
        expect(() => tryParse(head + long)).not.toThrow();
      }
    },
  );
});

describe("round trip", () => {
  const words = fc.oneof(
    soup,
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.string({ maxLength: 60 }),
  );
  const text = words.map(tidyText).filter((one) => one !== "");
  const speaker = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .map((name) => tidyText(name).replace(/[\n,]/g, " ").replace(/ {2,}/g, " ").trim());
  const cue = fc
    .record({
      start: fc.double({ min: 0, max: 360_000, noNaN: true }),
      length: fc.double({ min: 0.011, max: 100, noNaN: true }),
      text,
      speaker: fc.option(speaker, { nil: "" }),
    })
    .map(({ start, length, text: said, speaker: name }): Cue => {
      const times = { start, end: start + length, text: said };
      return name === "" ? times : { ...times, speaker: name };
    });
  const cues = fc
    .array(cue, { minLength: 1, maxLength: 6 })
    .map((list) => [...list].sort((a, b) => a.start - b.start));

  it.each([
    ["SRT", formatSrt, "a.srt", 0.001, false],
    ["VTT", formatVtt, "a.vtt", 0.001, true],
    ["ASS", (list: readonly Cue[]) => formatAss(list), "a.ass", 0.01, true],
  ])("through %s keeps every cue", (_, format, name, step, hasSpeakers) => {
    fc.assert(
      fc.property(cues, (list) => {
        const { cues: back, warnings } = parseSubtitles(format(list), { name });
        expect(warnings).toEqual([]);
        expect(back.map((one) => one.text)).toEqual(list.map((one) => one.text));
        if (hasSpeakers) {
          expect(back.map((one) => one.speaker)).toEqual(list.map((one) => one.speaker));
        }
        for (const [index, one] of back.entries()) {
          expect(Math.abs(one.start - (list[index]?.start ?? 0))).toBeLessThanOrEqual(
            step / 2 + 1e-6,
          );
          expect(Math.abs(one.end - (list[index]?.end ?? 0))).toBeLessThanOrEqual(step / 2 + 1e-6);
        }
      }),
      { numRuns: 300 },
    );
  });
});
