/** The fourth stage: texts around the video, from what prep made. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DubOptions, DubResult } from "../src/index.ts";
import { asked, type HeardTalk, makeHeardTalk } from "./support/heard-talk.ts";
import { prep, youtube } from "./support/library.ts";
import type { FakeService } from "./support/services/fake-service.ts";
import type { SpokenPhrase } from "./support/services/spoken-phrases.ts";

/** Three minutes: a phrase every six seconds, and a long pause every minute. */
const said: readonly SpokenPhrase[] = Array.from({ length: 28 }, (_, index) => {
  const start = 1 + index * 6 + Math.floor(index / 9) * 4;
  return { start, end: start + 4, text: `Today we talk about bridge number ${index + 21}.` };
});

let talk: HeardTalk;
let service: FakeService;
beforeEach(async () => {
  talk = await makeHeardTalk({ said, seconds: 185 });
  service = await talk.serve();
  await run({}, prep);
});
afterEach(() => talk[Symbol.asyncDispose]());

function run(options: Partial<DubOptions> = {}, start = youtube): Promise<DubResult> {
  return start({ ...talk.options, ...options }, { env: talk.env(service) }).result;
}
const read = (name: string, folder = talk.at("work", "es", "youtube")): Promise<string> =>
  readFile(`${folder}/${name}`, "utf8");

describe("the texts for YouTube", () => {
  it("are made from what prep made, hear nothing, and stand in one folder", async () => {
    const before = [service.requests.length, await readdir(talk.at("work", "es"))] as const;
    const { youtube: texts } = await run();
    expect(texts).toEqual({ directory: talk.at("work", "es", "youtube") });
    expect(service.requests.length).toBe(before[0]);
    expect((await readdir(talk.at("work", "es"))).toSorted()).toEqual(
      [...before[1], "youtube"].toSorted(),
    );
    const chapters = (await read("chapters.txt")).trim().split("\n");
    expect(chapters[0]).toMatch(/^0:00 \S/);
    expect(chapters.length).toBeGreaterThanOrEqual(3);
    expect(await read("description.md")).toContain(chapters.join("\n"));
    expect(await read("description.md")).toContain("sintética");
    expect((await read("title.txt")).trim()).toBe("Talk");
    expect((await read("tags.txt")).trim()).not.toBe("");
  });

  it("follow their options", async () => {
    const folder = talk.at("texts");
    await run({ youtubeOutdir: folder, youtubeTitle: "Puentes", noDisclosure: true });
    expect((await read("title.txt", folder)).trim()).toBe("Puentes");
    expect(await read("description.md", folder)).not.toContain("sintética");
    const all = await read("chapters.txt", folder);
    await run({ youtubeOutdir: talk.at("few"), youtubeGapThresh: 500 });
    expect(await read("chapters.txt", talk.at("few"))).not.toBe(all);
  });

  it("are written by the model where that is asked for, with chapters at starts of lines", async () => {
    const before = asked(service, "chat");
    const { costUsd } = await run({ youtubeAi: true });
    expect(asked(service, "chat")).toBe(before + 1);
    expect(costUsd).toBeGreaterThan(0);
    const starts = said.map(({ start }) => Math.floor(start));
    const times = (await read("chapters.txt"))
      .trim()
      .split("\n")
      .map((line) => {
        const [minutes = 0, seconds = 0] = (line.split(" ")[0] ?? "").split(":").map(Number);
        return minutes * 60 + seconds;
      });
    expect(times[0]).toBe(0);
    for (const time of times.slice(1)) expect(starts).toContain(time);
  });

  it("fall back to rules when the model answers nonsense, and say so", async () => {
    const spoilt = await talk.serve({ chat: { answer: () => "I would rather talk about cats." } });
    const job = youtube({ ...talk.options, youtubeAi: true }, { env: talk.env(spoilt) });
    const { warnings } = await job.result;
    expect(warnings.join("\n")).toMatch(/rules/);
    expect(await read("chapters.txt")).toMatch(/^0:00 /);
  });

  it("a person has edited are never overwritten", async () => {
    await run();
    const path = talk.at("work", "es", "youtube", "title.txt");
    await writeFile(path, "My own title\n");
    expect((await run()).status).toBe("done");
    await expect(run({ youtubeTitle: "Another" })).rejects.toMatchObject({ code: "edited_file" });
    expect(await readFile(path, "utf8")).toBe("My own title\n");
    const before = service.requests.length;
    await expect(run({ youtubeAi: true })).rejects.toMatchObject({ code: "edited_file" });
    expect(service.requests.length).toBe(before);
    await rm(path);
    await run({ youtubeTitle: "Another" });
    expect(await readFile(path, "utf8")).toBe("Another\n");
  });

  it("need prep first", async () => {
    await expect(run({ workdir: talk.at("new") })).rejects.toMatchObject({
      code: "text_missing",
      hint: expect.stringContaining("dubber prep"),
    });
  });
});
