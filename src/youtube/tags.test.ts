import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countTags } from "./limits.ts";
import { fitTags, rulesTags } from "./tags.ts";
import { anyStory, anyText, tell } from "./testing/texts.ts";

/** As YouTube's reference describes it, written once more. */
function lengthForYoutube(tags: readonly string[]): number {
  return tags.map((tag) => (tag.includes(" ") ? `"${tag}"` : tag)).join(",").length;
}

function check(tags: readonly string[]): void {
  expect(lengthForYoutube(tags)).toBeLessThanOrEqual(500);
  expect(countTags(tags)).toBe(lengthForYoutube(tags));
  expect(new Set(tags.map((tag) => tag.toLowerCase())).size).toBe(tags.length);
  for (const tag of tags) {
    expect(tag.isWellFormed()).toBe(true);
    expect(tag.length).toBeLessThanOrEqual(30);
    expect(tag).toMatch(/[\p{L}\p{N}]/u);
    expect(tag).not.toMatch(/[,"“”<>#\p{Cc}]|^\s|\s$/u);
  }
}

describe("rulesTags", () => {
  it("puts the title first, then what the text speaks of most, and no common words", () => {
    const story = tell([
      "And so the neural network is a network of neurons.",
      "The neural network learns, and that is what it does.",
      "A neural network needs data.",
    ]);
    expect(rulesTags(story, "How machines learn")).toEqual([
      ...["machines", "learn", "neural network", "network", "neural"],
    ]);
  });

  it.each([
    [
      "es",
      "La red neuronal aprende porque tiene datos. Pero la red neuronal es así.",
      "red neuronal",
    ],
    ["ru", "Это нейронная сеть. А нейронная сеть всегда учится.", "нейронная сеть"],
    ["de", "Das ist ein neuronales Netz. Und ein neuronales Netz lernt.", "neuronales Netz"],
    ["zh", "我们今天学习神经网络。神经网络需要数据。", "神经网络"],
    ["ja", "今日は機械学習です。機械学習はデータから学びます。", "機械学習"],
    ["ko", "오늘은 딥러닝 모델을 봅니다. 딥러닝 모델은 큽니다.", "딥러닝"],
    ["th", "โครงข่ายประสาทเทียม และ โครงข่ายประสาทเทียม", "ประสาท"],
  ])("finds the subject of a text in %s", (language, text, subject) => {
    const tags = rulesTags(tell([text], { language }), "");
    expect(tags.join("|")).toContain(subject);
    expect(tags.length).toBeLessThan(8);
  });

  it("takes long words only where no list of common words is known", () => {
    const story = tell(["tlhIngan Hol mangghom tlhIngan Hol mangghom"], { language: "tlh" });
    expect(rulesTags(story, "").join("|").toLowerCase()).toContain("tlhingan");
    expect(rulesTags(story, "")).not.toContain("Hol");
  });

  it("writes a word as it is written most often", () => {
    const story = tell(["GitHub hosts code.", "Ask GitHub.", "github again"]);
    expect(rulesTags(story, "")).toEqual(["GitHub"]);
  });

  it("keeps YouTube's limits for any story", () => {
    fc.assert(fc.property(anyStory(), anyText, (story, title) => check(rulesTags(story, title))));
  });
});

describe("fitTags", () => {
  it("cleans, drops doubles, and skips what does not fit any more", () => {
    expect(fitTags(["#one", "ONE", 'a, "b"', " ", "<i>", "!"])).toEqual(["one", "a b", "i"]);
    const long = Array.from({ length: 20 }, (_, at) => `${at} ${"x".repeat(25)}`);
    const tags = fitTags([...long, "end"]);
    expect(tags).toHaveLength(17);
    expect(tags.at(-1)).toBe("end");
  });

  it("keeps YouTube's limits for any texts, and uses the room", () => {
    fc.assert(fc.property(fc.array(anyText, { maxLength: 60 }), (texts) => check(fitTags(texts))));
    const words = Array.from({ length: 300 }, (_, at) => `subject${at} is a long tag here`);
    expect(lengthForYoutube(fitTags(words))).toBeGreaterThan(450);
  });
});
