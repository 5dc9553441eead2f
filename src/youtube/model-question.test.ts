import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberPlaces, userText } from "./model-question.ts";
import { anyStory, tell } from "./testing/texts.ts";

describe("numberPlaces", () => {
  it("numbers sentences, whatever the pause before them, the first at 0", () => {
    const story = tell([[5, "One"], "and a half.", "Two.", "Three."]);
    expect(numberPlaces(story, "sentences", 1.5)).toEqual([
      { number: 1, start: 0, text: "One and a half." },
      { number: 2, start: 13, text: "Two." },
      { number: 3, start: 18, text: "Three." },
    ]);
  });

  it("numbers every cue where there are too few blocks", () => {
    expect(numberPlaces(tell(["a", "b", "c"]), "blocks", 1.5)).toHaveLength(3);
  });

  it("keeps of a long story 200 places, those after the longest pauses, and all of its text", () => {
    const story = tell(
      Array.from({ length: 4000 }, (_, at) => [at % 40 === 7 ? 3 : 0.2, `Text ${at}.`] as const),
    );
    const places = numberPlaces(story, "sentences", 1.5);
    expect(places.length).toBeLessThanOrEqual(200);
    expect(places.length).toBeGreaterThan(150);
    const texts = places.map(({ text }) => text);
    const afterPause = texts.filter((text) => Number(/\d+/.exec(text)?.[0]) % 40 === 7);
    expect(afterPause).toHaveLength(100);
    expect(texts.join(" ").split(".")).toHaveLength(4001);
  });
});

describe("userText", () => {
  it("is data: the places with times, the name, the title somebody gave", () => {
    const story = tell(["One.", "Two."], { duration: 70.5 });
    const text = userText(story, numberPlaces(story, "srt", 1.5), "A title");
    expect(JSON.parse(text)).toEqual({
      ...{ language: "en", file: "talk", title: "A title", seconds: 70 },
      said: [
        [1, "0:00", "One."],
        [2, "0:04", "Two."],
      ],
    });
  });

  it("uses the room it has", () => {
    const story = tell(Array.from({ length: 1000 }, () => "Some words are said here. ".repeat(4)));
    const { length } = userText(story, numberPlaces(story, "srt", 1.5));
    expect(length).toBeGreaterThan(18_000);
    expect(length).toBeLessThanOrEqual(24_000);
  });

  it("fits for any story", () => {
    fc.assert(
      fc.property(anyStory(), (story) => {
        const places = numberPlaces(story, "srt", 0);
        const text = userText(story, places, story.name);
        expect(text.length).toBeLessThanOrEqual(24_000);
        expect(JSON.parse(text).said).toHaveLength(places.length);
      }),
    );
  });
});
