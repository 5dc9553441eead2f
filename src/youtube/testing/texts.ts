/** Stories for tests: real ones, and whatever a property test can think of. */
import fc from "fast-check";
import type { Segment } from "../../core/segment.ts";
import type { VideoStory } from "../contract.ts";

/** What is said, each for 4 s, 0.4 s after what was before or after the pause given. */
export function tell(
  said: readonly (string | readonly [pause: number, text: string])[],
  more: Partial<VideoStory> = {},
): VideoStory {
  let time = 0;
  const segments = said.map((one, index): Segment => {
    const [pause, text] = typeof one === "string" ? [index === 0 ? 0 : 0.4, one] : one;
    const start = Math.round((time + pause) * 1000) / 1000;
    time = start + 4;
    return { id: `s${index}`, start, end: time, text };
  });
  return { segments, duration: time + 1, language: "en", name: "talk", ...more };
}

const odd = fc.constantFrom(
  ..."<>\"'“”«»「」()[],;:.!?…-–#%♪\n\r\t\u2028\u202e\u200b\u200f\ufeff\u0000\ufffd".split(""),
  ...[
    "\ud83d",
    "\ude00",
    "👨‍👩‍👧‍👦",
    "🇪🇸",
    "é",
    "e\u0301",
    "\u0301",
    "שלום",
    "مرحبا",
    "ไทยภาษา",
    "机器学习",
    "日本語",
  ],
  ...[
    "0:00",
    "1:02:03",
    "12:30",
    " ",
    "  ",
    "word",
    "Wort.",
    "слово",
    "Ж",
    "12",
    "한국어",
    "a".repeat(200),
  ],
);

/** Any text at all: emoji, right to left, no spaces, combining marks, half characters, timestamps. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.array(odd, { maxLength: 60 }).map((parts) => parts.join("")),
  fc.array(odd, { maxLength: 60 }).map((parts) => parts.join(" ")),
  fc.tuple(odd, fc.integer({ min: 1, max: 3000 })).map(([part, times]) => part.repeat(times)),
);

/** Any language, none, or what is no tag. */
export const anyLanguage: fc.Arbitrary<string | undefined> = fc.constantFrom(
  ...[
    "en",
    "es-419",
    "ru",
    "zh-Hant-TW",
    "ja",
    "th",
    "ko",
    "fa",
    "tlh",
    "not a tag",
    "",
    undefined,
  ],
);

/** Any story, sorted or not; its times may overlap, and go on after the end of the video. */
export function anyStory(text = anyText, maxLength = 60): fc.Arbitrary<VideoStory> {
  const time = fc.oneof(
    fc.double({ min: 0, max: 120, noNaN: true }),
    fc.double({ min: 0, max: 43_200, noNaN: true }),
  );
  const segment = fc.record({
    id: fc.constant("s"),
    start: time,
    end: time,
    text,
  });
  const story = { segments: fc.array(segment, { maxLength }), duration: time, name: anyText };
  return fc
    .tuple(fc.record(story), anyLanguage, fc.boolean())
    .map(([made, language, isSorted]) => ({
      ...made,
      ...(language !== undefined && { language }),
      segments: isSorted ? made.segments.toSorted((a, b) => a.start - b.start) : made.segments,
    }));
}

/** A story of a real shape: many segments one after the other with pauses between, words that come up again. */
export const talkStory: fc.Arbitrary<VideoStory> = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.constantFrom(0.1, 0.3, 1.6, 4),
        fc.constantFrom(
          "A first point.",
          "and so on",
          "Why? Because.",
          "模型很大。",
          "♪",
          "",
          "Okay.",
        ),
      ),
      { maxLength: 400, size: "max" },
    ),
    fc.double({ min: 0, max: 30, noNaN: true }),
  )
  .map(([said, rest]) => {
    const story = tell(said);
    return { ...story, duration: story.duration + rest };
  });
