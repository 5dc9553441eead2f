import { describe, expect, it } from "vitest";
import { countBytes, countTags } from "./limits.ts";

describe("countTags", () => {
  it.each([
    [[], 0],
    [["Foo-Baz"], 7],
    [["Foo Baz"], 9],
    [["a", "b", "c d"], 9],
  ])("counts %j as YouTube's reference does", (tags, length) => {
    expect(countTags(tags)).toBe(length);
  });
});

describe("countBytes", () => {
  it("counts UTF-8, not characters", () => {
    expect([countBytes("abc"), countBytes("год"), countBytes("語"), countBytes("😀")]).toEqual([
      3, 6, 3, 4,
    ]);
  });
});
