import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChapterPick, chaptersFromPicks } from "./model-chapters.ts";
import { numberPlaces } from "./model-question.ts";
import { anyStory, anyText, tell } from "./testing/texts.ts";

const story = tell(Array.from({ length: 30 }, (_, at) => `Here comes sentence ${at}.`));
const places = numberPlaces(story, "sentences", 1.5);
const picks = (...numbers: number[]): ChapterPick[] =>
  numbers.map((number) => ({ number, title: `Subject ${number}` }));
const made = (chosen: ChapterPick[]) => {
  const { chapters, dropped } = chaptersFromPicks(chosen, places, story);
  return {
    titles: chapters.map(({ title }) => title),
    starts: chapters.map(({ start }) => start),
    dropped,
  };
};

describe("chaptersFromPicks", () => {
  it("takes the starts of the places", () => {
    expect(made(picks(1, 11, 21))).toEqual({
      titles: ["Subject 1", "Subject 11", "Subject 21"],
      starts: [0, 44, 88],
      dropped: 0,
    });
  });

  it("sorts, and drops numbers that are unknown, no whole number, or there twice", () => {
    const wrong = picks(21, 0, 1, 11, 11, 99, -1, 2.5, Number.NaN);
    expect(made(wrong)).toMatchObject({ starts: [0, 44, 88], dropped: 6 });
  });

  it("drops what is too close to the one before or to the end", () => {
    expect(made(picks(1, 2, 11, 12, 21, 30))).toMatchObject({ starts: [0, 44, 88], dropped: 3 });
  });

  it("puts a chapter at 0:00, or moves the first one there", () => {
    expect(made(picks(11, 21))).toMatchObject({
      titles: ["Here comes sentence 0", "Subject 11", "Subject 21"],
      dropped: 0,
    });
    expect(made(picks(2, 11, 21))).toMatchObject({
      titles: ["Subject 2", "Subject 11", "Subject 21"],
      starts: [0, 44, 88],
    });
  });

  it("takes a title from the text where the model gave none", () => {
    const titles = made([...picks(1, 11), { number: 21, title: " … " }]).titles;
    expect(titles.at(-1)).toBe("Here comes sentence 20");
  });

  it("keeps fifteen", () => {
    const long = tell(Array.from({ length: 100 }, (_, at) => [10, `Sentence ${at}.`] as const));
    const all = numberPlaces(long, "sentences", 1.5);
    const numbers = picks(...all.map(({ number }) => number));
    expect(chaptersFromPicks(numbers, all, long).chapters).toHaveLength(15);
  });

  it("gives none and a reason where fewer than three are left", () => {
    const { chapters, reason } = chaptersFromPicks(picks(1, 2, 30), places, story);
    expect(chapters).toEqual([]);
    expect(reason).toMatch(/fewer than 3/);
  });

  it("gives valid chapters or a reason for any choice in any story", () => {
    const choice = fc.array(
      fc.record({
        number: fc.oneof(fc.integer({ min: -1, max: 70 }), fc.double()),
        title: anyText,
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(anyStory(), choice, (any, chosen) => {
        const { chapters, reason, dropped } = chaptersFromPicks(
          chosen,
          numberPlaces(any, "srt", 0),
          any,
        );
        expect(dropped).toBeGreaterThanOrEqual(0);
        if (chapters.length === 0) {
          expect(reason).toMatch(/\S/);
          return;
        }
        const ends = [...chapters.slice(1).map(({ start }) => start), any.duration];
        expect(chapters[0]?.start).toBe(0);
        expect(chapters.length).toBeGreaterThanOrEqual(3);
        expect(chapters.every(({ start }, at) => (ends[at] as number) - start >= 10)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
