import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanChapterTitle } from "./chapter-title.ts";
import { rulesChapters, validChapters } from "./chapters.ts";
import { composeDescription, rulesBody } from "./description.ts";
import { formatChapters } from "./format.ts";
import { disclosureLine } from "./language-lines.ts";
import { countBytes } from "./limits.ts";
import { anyLanguage, anyStory, anyText, tell } from "./testing/texts.ts";

describe("rulesBody", () => {
  it("is the first whole sentences, up to 600 characters", () => {
    const story = tell(Array.from({ length: 50 }, (_, at) => `This is sentence number ${at}.`));
    const body = rulesBody(story);
    expect(body).toMatch(/^This is sentence number 0\. This is sentence number 1\..* \d+\.$/);
    expect(body.length).toBeGreaterThan(550);
    expect(body.length).toBeLessThanOrEqual(600);
  });

  it("joins what is one sentence in several cues", () => {
    expect(rulesBody(tell(["One sentence", "in two cues."]))).toBe("One sentence in two cues.");
  });

  it("cuts a first sentence without an end before a word", () => {
    const body = rulesBody(tell(Array.from({ length: 100 }, () => "words and more")));
    expect(body).toMatch(/ (words|and|more)…$/);
    expect(body.length).toBeLessThanOrEqual(600);
  });
});

describe("composeDescription", () => {
  const chapters = [0, 10, 20].map((start) => ({ start, title: `At ${start}` }));

  it("is the body, the chapters, and the line about the voice", () => {
    expect(composeDescription({ body: "One.\n\n\nTwo at 1:30.", chapters, language: "de" })).toBe(
      "One.\n\nTwo at 1∶30.\n\n0:00 At 0\n0:10 At 10\n0:20 At 20\n\nDie Stimme in diesem Video ist synthetisch.",
    );
    expect(composeDescription({ body: "One.", chapters: [], disclosure: false })).toBe("One.");
    expect(composeDescription({ body: "", chapters: [], disclosure: false })).toBe("");
  });

  it("cuts the body at a sentence, never the chapters or the line about the voice", () => {
    const body = "Ещё одно предложение о видео. ".repeat(300);
    const text = composeDescription({ body, chapters, language: "ru" });
    expect(countBytes(text)).toBeLessThanOrEqual(5000);
    expect(countBytes(text)).toBeGreaterThan(4900);
    expect(text).toContain(`видео.\n\n${formatChapters(chapters)}\n\n${disclosureLine("ru")}`);
  });

  it("holds fifteen chapters with the longest titles there are", () => {
    const title = cleanChapterTitle(`a${"𠀀".repeat(100)}`);
    const most = Array.from({ length: 15 }, (_, at) => ({ start: at * 3600, title }));
    const valid = validChapters(most, 15 * 3600);
    expect(valid.chapters).toHaveLength(15);
    const text = composeDescription({ body: "字。".repeat(5000), ...valid, language: "hi" });
    expect(countBytes(text)).toBeLessThanOrEqual(5000);
    expect(text.endsWith(`${formatChapters(valid.chapters)}\n\n${disclosureLine("hi")}`)).toBe(
      true,
    );
  });

  it("keeps YouTube's limits for any body and story", () => {
    const disclosure = fc.boolean();
    fc.assert(
      fc.property(anyStory(), anyText, anyLanguage, disclosure, (story, body, language, isSaid) => {
        const { chapters: any } = rulesChapters(story, { gapThreshold: 0 });
        const parts = { chapters: any, language, disclosure: isSaid };
        for (const one of [
          body,
          `${body}\n${body}`.repeat(9),
          rulesBody({ ...story, segments: [] }),
        ]) {
          const text = composeDescription({ ...parts, body: one });
          expect(countBytes(text)).toBeLessThanOrEqual(5000);
          expect(text.isWellFormed()).toBe(true);
          expect(text).not.toMatch(/[<>\r\t]|\n{3}|^\s|\s$/);
          expect(text).toContain(formatChapters(any));
          expect(text.match(/\d:\d\d /g) ?? []).toHaveLength(any.length);
          if (isSaid) expect(text.endsWith(disclosureLine(language))).toBe(true);
        }
      }),
    );
  });
});
