/** What went wrong in the pipeline the documents describe, as far as it is about text: none of it may come back. */
import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asked, type HeardTalk, makeHeardTalk } from "./support/heard-talk.ts";
import { burn, dub, prep, youtube } from "./support/library.ts";
import type { SpokenPhrase } from "./support/services/spoken-phrases.ts";

/** A minute and a half, whose starts no rule of thumb would guess. */
const said: readonly SpokenPhrase[] = Array.from({ length: 12 }, (_, index) => {
  const start = 0.7 + index * 7.3 + (index % 3 === 0 ? 1.9 : 0);
  return { start, end: start + 3.4, text: `Now comes part number ${index + 31} of the story.` };
});

let talk: HeardTalk;
beforeEach(async () => {
  talk = await makeHeardTalk({ said });
});
afterEach(() => talk[Symbol.asyncDispose]());

const run: HeardTalk["run"] = (...args) => talk.run(...args);
const subs = () => talk.at("work", "es", "subs.srt");
const text = (name: string) => readFile(talk.at("work", "es", "youtube", name), "utf8");

describe("known wrongs of the earlier pipeline, about text", () => {
  it("youtube and burn ran recognition again and overwrote the approved subs.srt", async () => {
    const service = await talk.serve();
    await run(dub, service);
    const approved = (await readFile(subs(), "utf8")).replace(/31/, "1031");
    await writeFile(subs(), approved);
    const before = service.requests.length;
    await run(youtube, service);
    await run(burn, service, { force: ["burn"] });
    expect(service.requests.length).toBe(before);
    expect(await readFile(subs(), "utf8")).toBe(approved);
    expect(await text("description.md")).toContain("1031");
  });

  it("tags.txt was promised and never written", async () => {
    const service = await talk.serve();
    await run(prep, service);
    await run(youtube, service);
    expect((await text("tags.txt")).trim()).not.toBe("");
  });

  it("chapters had guessed times", async () => {
    const service = await talk.serve();
    await run(prep, service);
    const starts = said.map(({ start }) => Math.floor(start));
    for (const youtubeAi of [false, true]) {
      await run(youtube, service, { youtubeAi, force: ["youtube"] });
      const chapters = (await text("chapters.txt")).trim().split("\n");
      expect(chapters.length).toBeGreaterThanOrEqual(3);
      const times = chapters.map((line) => {
        const [minutes = 0, seconds = 0] = (line.split(" ")[0] ?? "").split(":").map(Number);
        return minutes * 60 + seconds;
      });
      // The first one is YouTube's own rule; every other is when a line begins.
      expect(times[0]).toBe(0);
      for (const time of times.slice(1)) expect(starts).toContain(time);
    }
    expect(asked(service, "transcriptions")).toBeGreaterThan(0);
  });

  it("keys were demanded for work that needs none: a text that is there is read without one", async () => {
    const service = await talk.serve();
    await writeFile(talk.at("talk.es.srt"), "1\n00:00:01,000 --> 00:00:03,000\nHola a todos.\n");
    const { OPENAI_API_KEY: _, ...keyless } = talk.env(service);
    const options = { ...talk.options, subs: talk.at("talk.es.srt") };
    expect((await dub(options, { env: keyless }).result).status).toBe("done");
    expect(service.requests).toEqual([]);
  });
});
