import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatChapters } from "./format.ts";
import { countBytes, countTags } from "./limits.ts";
import { textsByRules } from "./rules.ts";
import { anyStory, anyText, tell } from "./testing/texts.ts";

const part = (subject: string) =>
  [
    [2, `Now we look at ${subject}.`],
    "It is simple.",
    `Use ${subject} often.`,
    "That is all.",
  ] as const;
const story = tell([...part("closures"), ...part("promises"), ...part("modules")], {
  name: "js_basics",
});

describe("textsByRules", () => {
  it("makes all four texts", () => {
    const texts = textsByRules(story);
    expect(texts.title).toBe("Js basics");
    expect(formatChapters(texts.chapters.chapters)).toBe(
      "0:00 Now we look at closures\n0:21 Now we look at promises\n0:40 Now we look at modules",
    );
    expect(texts.description).toContain(formatChapters(texts.chapters.chapters));
    expect(texts.description).toMatch(/synthetic\.$/);
    expect(texts.tags).toEqual(expect.arrayContaining(["closures", "promises", "modules"]));
    expect(texts.warnings).toEqual([]);
  });

  it("makes the same texts every time", () => {
    expect(textsByRules(story)).toEqual(textsByRules(structuredClone(story)));
  });

  it("follows its options", () => {
    const texts = textsByRules(story, { title: "Given", disclosure: false, gapThreshold: 3 });
    expect(texts.title).toBe("Given");
    expect(texts.description).not.toContain("synthetic");
    expect(texts.chapters.chapters).toEqual([]);
    expect(texts.chapters.reason).toContain("3 s");
  });

  it("keeps the limits for any story", () => {
    fc.assert(
      fc.property(anyStory(), fc.option(anyText, { nil: undefined }), (any, title) => {
        const texts = textsByRules(any, { ...(title !== undefined && { title }), gapThreshold: 0 });
        expect(texts.title.length).toBeLessThanOrEqual(100);
        expect(countBytes(texts.description)).toBeLessThanOrEqual(5000);
        expect(countTags(texts.tags)).toBeLessThanOrEqual(500);
      }),
    );
  });
});
