import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyStory, anyText, tell } from "./testing/texts.ts";
import { fitTitle, readableName, rulesTitle } from "./title.ts";

describe("readableName", () => {
  it.each([
    ["my-talk_2024", "My talk 2024"],
    ["2024-05-01-team.meeting", "2024-05-01 team meeting"],
    ["release_v1.2.3", "Release v1.2.3"],
    ["iPhone-review", "iPhone review"],
    ["A talk - part 1", "A talk - part 1"],
    ["How it works [dQw4w9WgXcQ]", "How it works"],
    ["лекция_01", "Лекция 01"],
    ["cafe\u0301", "Café"],
    ["___", ""],
  ])("reads %j as %j", (name, title) => {
    expect(readableName(name)).toBe(title);
  });
});

describe("rulesTitle", () => {
  const story = tell(["What is a monad? We will see."], { name: "my-talk" });

  it("takes the given title, else the name, else the first sentence", () => {
    expect(rulesTitle(story, " Given:  title ").title).toBe("Given: title");
    expect(rulesTitle(story).title).toBe("My talk");
    expect(rulesTitle({ ...story, name: "--" }).title).toBe("What is a monad?");
    expect(rulesTitle({ ...story, name: "", segments: [] }).title).toBe("Video");
  });

  it("says when a given title was cut, or has nothing in it", () => {
    const { title, warnings } = rulesTitle(story, "word ".repeat(30));
    expect(title).toBe("word ".repeat(20).trim());
    expect(warnings.join()).toMatch(/was cut .* 100 characters/);
    expect(rulesTitle(story, " … ").warnings.join()).toMatch(/My talk/);
    expect(rulesTitle(story, "Given").warnings).toEqual([]);
  });

  it("keeps YouTube's limits for any story and title", () => {
    fc.assert(
      fc.property(anyStory(anyText, 5), fc.option(anyText, { nil: undefined }), (any, given) => {
        const { title } = rulesTitle(any, given);
        expect(title).not.toBe("");
        expect(title.length).toBeLessThanOrEqual(100);
        expect(title).not.toMatch(/[<>\p{Cc}\u2028\u2029]|^\s|\s$/u);
        expect(title.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("fitTitle", () => {
  it("keeps emoji whole", () => {
    expect(fitTitle("👨‍👩‍👧‍👦".repeat(20))).toBe("👨‍👩‍👧‍👦".repeat(9));
  });
});
