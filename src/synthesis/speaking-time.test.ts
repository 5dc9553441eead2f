import { expect, it } from "vitest";
import { speakingTime } from "./speaking-time.ts";

it.each([
  ["", 0],
  ["a".repeat(150), 10],
  ["Д".repeat(150), 10],
  ["你好世界吗", 1],
  ["한국어 a", 3 / 5 + 2 / 15],
])("says how long %j takes: %s s", (text, seconds) => {
  expect(speakingTime(text)).toBeCloseTo(seconds, 9);
});
