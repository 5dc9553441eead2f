import { describe, expect, it } from "vitest";
import { DubberError } from "../core/error.ts";
import type { TranslationManner } from "./contract.ts";
import { rewordToFit } from "./shorten.ts";
import { fakeAsker, memoryInRam } from "./testing/fake-asker.ts";

const manner: TranslationManner = {
  ...{ from: "en", to: "es", genders: {}, pace: 15 },
  glossary: [{ term: "ledger", translation: "libro mayor" }],
};
const line = {
  text: "La verdad es que Ana no tiene ahora mismo los 500 dólares en el libro mayor.",
  sourceText: "Ana does not have 500 dollars in the ledger now.",
};
const good = "Ana no tiene 500 dólares en el libro mayor.";

function reword(asker: ReturnType<typeof fakeAsker>, { memory = memoryInRam(), seconds = 3 } = {}) {
  return rewordToFit(line, { seconds, pace: 15, asker, memory, manner });
}

describe("rewordToFit", () => {
  it("asks for a number of characters and gives back a shorter wording", async () => {
    const asker = fakeAsker(() => ({ text: ` ${good}\n` }));
    expect(await reword(asker)).toMatchObject({ text: good, usage: { questions: 1 } });
    const data = JSON.parse(asker.requests[0]?.user ?? "");
    expect(data).toMatchObject({
      text: line.text,
      original: line.sourceText,
      characters: 45,
      language: "Spanish",
    });
    expect(asker.requests[0]?.system).not.toContain("Ana");
  });

  it.each([
    ["is longer", `${line.text} Y punto.`, /has 85 characters/],
    ["is hardly shorter", line.text.slice(1), /has 75 characters/],
    ["is empty", "…", /empty/],
    ["loses the number", "Ana no tiene dólares en el libro mayor.", /number 500/],
    ["loses the negation", "Ana tiene 500 dólares en el libro mayor.", /denies/],
    ["loses the term", "Ana no tiene los 500 dólares ahora.", /libro mayor/],
    ["loses the name", "No tiene 500 dólares en el libro mayor.", /name Ana/],
    [
      "is in another language",
      "Ana does not have the 500 dollars in this libro mayor",
      /another language/,
    ],
  ])("asks once more, then says why, when the answer %s", async (_, text, reason) => {
    const asker = fakeAsker(() => ({ text }));
    expect(await reword(asker)).toMatchObject({ reason: expect.stringMatching(reason) });
    expect(asker.requests).toHaveLength(2);
    expect(JSON.parse(asker.requests[1]?.user ?? "").problem).toMatch(reason);
  });

  it("takes the second answer where that is good", async () => {
    const asker = fakeAsker((_, index) => ({ text: index === 0 ? "Ana tiene 500." : good }));
    expect(await reword(asker)).toMatchObject({ text: good });
  });

  it("pays once for the same wish, also where nothing shorter came", async () => {
    const memory = memoryInRam();
    await reword(
      fakeAsker(() => ({ text: good })),
      { memory },
    );
    const again = fakeAsker(() => ({ text: good }));
    expect(await reword(again, { memory, seconds: 3.01 })).toMatchObject({
      text: good,
      usage: { questions: 0 },
    });
    const hard = memoryInRam();
    await reword(
      fakeAsker(() => ({ text: "…" })),
      { memory: hard },
    );
    expect(await reword(again, { memory: hard })).toMatchObject({ reason: "It is empty." });
    expect(again.requests).toEqual([]);
    await reword(again, { memory, seconds: 2 });
    expect(again.requests).toHaveLength(1);
  });

  it("says why there is no answer, and asks again next time", async () => {
    const memory = memoryInRam();
    expect(
      await reword(
        fakeAsker(() => "prose"),
        { memory },
      ),
    ).toMatchObject({ reason: expect.stringContaining("JSON") });
    expect(
      await reword(
        fakeAsker(() => ({ text: good })),
        { memory },
      ),
    ).toMatchObject({ text: good });
  });

  it("passes on what every question would meet", async () => {
    const asker = fakeAsker(() => {
      throw new DubberError("quota_exhausted", "Empty.");
    });
    await expect(reword(asker)).rejects.toMatchObject({ code: "quota_exhausted" });
  });
});
