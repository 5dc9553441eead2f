/** Lines that fit their time: the wording that is predicted to fit, measured, and shortened where it does not. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DubOptions, DubResult } from "../src/index.ts";
import { type HeardTalk, makeHeardTalk, phrases } from "./support/heard-talk.ts";
import { dub, synth } from "./support/library.ts";
import type { FakeService } from "./support/services/fake-service.ts";
import type { ChatAnswerer } from "./support/services/openai-chat.ts";
import { translateInto } from "./support/services/translate-into.ts";

/** Spanish of as many words as are wanted, about 4 characters each. */
const words = (count: number, first: string): string =>
  `${first} ${Array.from({ length: count - 1 }, () => "casa").join(" ")}.`;

type Wordings = { readonly short: string; readonly normal: string; readonly long: string };
/** All lines fit as they are but the second: 2.5 s, in which nobody says 24 words. */
const usual: Wordings = {
  short: "Bien.",
  normal: "Muy bien, amigos.",
  long: "Muy bien, mis amigos.",
};
const second: Wordings = {
  short: `12 ${words(24, "cosas")}`,
  normal: `12 ${words(26, "cosas")}`,
  long: `12 ${words(30, "cosas")}`,
};

/** Answers questions about lines with these wordings, and about shorter ones with `shorter`. */
function saying(shorter: (text: string) => string): ChatAnswerer {
  return (question) => {
    const data = JSON.parse(question.user) as {
      text: string;
      lines: { n: number; text: string }[];
    };
    if (question.schema?.name === "shorter") return JSON.stringify({ text: shorter(data.text) });
    if (question.schema?.name !== "translation") return translateInto()(question);
    const lines = data.lines.map(({ n, text }) => {
      const mark = phrases.findIndex((phrase) => phrase.text === text);
      const { short, normal, long } = mark === 1 ? second : usual;
      // No two lines alike.
      const own = (said: string) =>
        mark === 1 ? said : `${said.replace(".", "")} ${"abcd"[mark]}.`;
      return { n, short: own(short), normal: own(normal), long: own(long) };
    });
    return JSON.stringify({ lines });
  };
}

let talk: HeardTalk;
beforeEach(async () => {
  talk = await makeHeardTalk();
});
afterEach(() => talk[Symbol.asyncDispose]());

const run = (
  service: FakeService,
  options: Partial<DubOptions> = {},
  start = dub,
): Promise<DubResult> => start({ ...talk.options, ...options }, { env: talk.env(service) }).result;
const lineAt = (result: DubResult, index: number) => result.lines?.[index];
const questions = (service: FakeService): number =>
  service.requests.filter(({ body }) => JSON.stringify(body).includes('"name":"shorter"')).length;

describe("a line that is too long", () => {
  it("is said in fewer words, and fits then; the review file keeps the person's text", async () => {
    const service = await talk.serve({ chat: { answer: saying(() => "12 cosas en casa.") } });
    const result = await run(service);
    const line = lineAt(result, 1);
    expect(line?.text).toBe("12 cosas en casa.");
    expect(line?.tempo).toBeLessThanOrEqual(1.2);
    expect(result.speech).toMatchObject({ reworded: 1 });
    expect(await readFile(talk.at("work", "es", "spoken.srt"), "utf8")).toContain(
      "12 cosas en casa.",
    );
    expect(await readFile(talk.at("work", "es", "subs.srt"), "utf8")).toContain(second.normal);
  });

  it("stays as it is with noRewrite", async () => {
    const service = await talk.serve({ chat: { answer: saying(() => "12 cosas en casa.") } });
    await expect(run(service, { noRewrite: true })).rejects.toMatchObject({
      code: "line_too_long",
    });
    expect(questions(service)).toBe(0);
  });

  it("is asked about in two rounds at the most", async () => {
    let round = 0;
    const shorter = (text: string): string => {
      round += 1;
      // A little shorter each time, never enough.
      return text.split(" ").slice(0, -2).join(" ");
    };
    const service = await talk.serve({ chat: { answer: saying(shorter) } });
    const { lines, warnings } = await run(service);
    // One line, two rounds, two questions in each.
    expect(round).toBeGreaterThan(0);
    expect(questions(service)).toBeLessThanOrEqual(4);
    expect(lines?.[1]?.overrun).toBeGreaterThan(0);
    expect(warnings.join("\n")).toMatch(/does not fit by .* shorten it/);
  });

  it("never loses a number: a wording without it is not spoken", async () => {
    const service = await talk.serve({ chat: { answer: saying(() => "Cosas en casa.") } });
    const error = await run(service).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "line_too_long" });
  });

  it("is reworded once: another run asks nobody, and speaks nothing", async () => {
    const service = await talk.serve({ chat: { answer: saying(() => "12 cosas en casa.") } });
    const first = await run(service);
    const [asked, clips] = [
      service.requests.length,
      await readdir(talk.at("work", "es", "speech")),
    ];
    const again = await run(service, { force: ["burn"] });
    await rm(talk.at("work", "dub.json"));
    const fresh = await run(service);
    expect(service.requests.length).toBe(asked);
    expect(await readdir(talk.at("work", "es", "speech"))).toEqual(clips);
    expect(again.lines).toEqual(first.lines);
    expect(fresh.lines).toEqual(first.lines);
  });

  it("of a person's own is never reworded", async () => {
    const service = await talk.serve({ chat: { answer: saying(() => "12 cosas en casa.") } });
    await run(service);
    const path = talk.at("work", "es", "subs.srt");
    const own = "Plantamos doce árboles junto al muro esta tarde.";
    await writeFile(path, (await readFile(path, "utf8")).replace(second.normal, own));
    const before = questions(service);
    const result = await run(service, {}, synth);
    expect(lineAt(result, 1)?.text).toBe(own);
    expect(questions(service)).toBe(before);
  });
});

describe("the wording", () => {
  it("is the long one where the normal one would leave the time mostly silent", async () => {
    const service = await talk.serve({ chat: { answer: saying(() => "12 cosas en casa.") } });
    const result = await run(service);
    expect(lineAt(result, 0)?.text).toBe("Muy bien, mis amigos a.");
  });
});
