import { expect, it } from "vitest";
import { faultOf } from "./support/report-names.ts";

it.each([
  ["words pass", "stretch > keeps the pitch of a tone within 1 %", undefined],
  ["values among words pass", 'an answer > is refused: "<html>"', undefined],
  ["raw data as a title is named", 'usage > ["dub"]', "begins with data instead of words"],
  ["a flag alone is named", "--to", "has fewer than three words"],
  ["a control character is named", "reads a \u0007 bell well", "holds what cannot be read"],
  [
    "its escape is named",
    String.raw`an id that is "\u0000" is refused`,
    "holds what cannot be read",
  ],
  ["a wall of text is named", `takes ${"a".repeat(200)}`, "is longer than 200 characters"],
])("of a test's name, %s", (_rule, name, fault) => {
  expect(faultOf(name)).toBe(fault);
});
