/** From speech to a reviewed translation: a service hears and translates, the embedded voice speaks. */
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseSegments } from "../src/subtitles/segments-json.ts";
import { asked, type HeardTalk, makeHeardTalk, phrases } from "./support/heard-talk.ts";
import { dub, estimate, prep } from "./support/library.ts";
import { pseudoTranslation } from "./support/services/pseudo-translation.ts";

let talk: HeardTalk;
beforeEach(async () => {
  talk = await makeHeardTalk();
});
afterEach(() => talk[Symbol.asyncDispose]());

const run: HeardTalk["run"] = (...args) => talk.run(...args);
const read = (...names: string[]): Promise<string> => readFile(talk.at("work", ...names), "utf8");
const spanish = phrases.map(({ text }) => pseudoTranslation(text, "es").normal);

describe("a bare video", () => {
  it("is heard, translated and spoken in one go, with every text laid out for review", async () => {
    const service = await talk.serve();
    const { status, output, lines, language, costUsd } = await run(dub, service);
    expect({ status, language, lines: lines?.length }).toEqual({
      ...{ status: "done", language: "es", lines: phrases.length },
    });
    expect((await stat(output ?? "")).size).toBeGreaterThan(100_000);
    const heard = parseSegments(await read("segments_raw.json"));
    expect(heard.map(({ text }) => text)).toEqual(phrases.map(({ text }) => text));
    for (const [index, { start, end }] of heard.entries()) {
      expect(Math.abs(start - (phrases[index]?.start ?? 0))).toBeLessThan(0.1);
      expect(Math.abs(end - (phrases[index]?.end ?? 0))).toBeLessThan(0.25);
    }
    expect(await read("subs.en.srt")).toContain("Today we plant 12 trees along the wall.");
    for (const text of spanish) expect(await read("es", "subs.srt")).toContain(text);
    expect(costUsd).toBeGreaterThan(0);
  });

  it("is heard once for several languages", async () => {
    const service = await talk.serve();
    await run(dub, service);
    const first = asked(service, "transcriptions");
    await run(dub, service, { to: "ru", output: talk.at("ru.wav") });
    expect(first).toBeGreaterThan(0);
    expect(asked(service, "transcriptions")).toBe(first);
    expect(await read("ru", "subs.srt")).toContain(
      pseudoTranslation(phrases[0]?.text ?? "", "ru").normal,
    );
  });

  it("is paid for once: run again, nobody is asked and nothing is done", async () => {
    const service = await talk.serve();
    await run(dub, service);
    const before = service.requests.length;
    const { events, costUsd } = await run(dub, service);
    expect(service.requests.length).toBe(before);
    expect(costUsd).toBe(0);
    const stages = events.flatMap((event) => (event.type === "stage" ? [event.status] : []));
    expect(new Set(stages)).toEqual(new Set(["skipped"]));
  });

  it("pays nothing again when the stage is forced, or all that is known of stages is lost", async () => {
    const service = await talk.serve();
    await run(dub, service);
    const before = service.requests.length;
    const prepared = await read("es", "translation.json");
    await run(dub, service, { force: ["prep"] });
    // As after a kill between the last text and the record of the stage.
    await rm(talk.at("work", "dub.json"));
    await run(dub, service);
    expect(service.requests.length).toBe(before);
    expect(await read("es", "translation.json")).toBe(prepared);
  });
});

describe("a finished translation", () => {
  it("is used by a run that names nobody to hear or translate, with its other wordings", async () => {
    const service = await talk.serve();
    await run(prep, service);
    const [before, prepared] = [service.requests.length, await read("es", "translation.json")];
    const { stt: _stt, translationModel: _model, ...usual } = talk.options;
    const { status, lines } = await dub(usual, { env: talk.env(service) }).result;
    expect({ status, lines: lines?.length }).toEqual({ status: "done", lines: phrases.length });
    expect(service.requests.length).toBe(before);
    expect(await read("es", "translation.json")).toBe(prepared);
  });
});

describe("an estimate", () => {
  it("counts the listening once: for another language it is done", async () => {
    const service = await talk.serve();
    const ask = (to: string) => estimate({ ...talk.options, to }, { env: talk.env(service) });
    const before = await ask("es");
    expect(before).toMatchObject({ lines: 0, minutesUnheard: expect.closeTo(12.88 / 60, 2) });
    expect(before.costOfListening).toBeCloseTo((12.88 / 60) * 0.006, 5);
    expect(service.requests).toEqual([]);
    await run(prep, service);
    const after = await ask("fr");
    expect(after).toMatchObject({ lines: phrases.length, minutesUnheard: 0, costOfListening: 0 });
    expect(after.costOfTranslation).toBeGreaterThan(0);
  });
});

describe("a person's corrections", () => {
  it("of what was heard are translated anew, and nothing else is", async () => {
    const service = await talk.serve();
    await run(prep, service);
    const path = talk.at("work", "subs.en.srt");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace("12 trees", "12 apple trees"));
    const before = service.requests.length;
    const { events } = await run(prep, service);
    expect(await read("es", "subs.srt")).toContain(
      pseudoTranslation("Today we plant 12 apple trees along the wall.", "es").normal,
    );
    const later = service.requests.slice(before);
    expect(later.every(({ path: asked }) => asked.includes("chat"))).toBe(true);
    const questions = later.map(({ body }) => JSON.stringify(body.messages));
    const lines = questions.filter((question) => question.includes("apple"));
    expect(lines.length).toBeGreaterThan(0);
    expect(await readFile(path, "utf8")).toContain("12 apple trees");
    const listened = events.filter((event) => event.type === "stage");
    expect(listened).toContainEqual(
      expect.objectContaining({ stage: "recognition", status: "skipped" }),
    );
  });

  it("of what was heard reach every language, however late it comes, and count for none that asks otherwise", async () => {
    const service = await talk.serve();
    const french = { to: "fr", output: talk.at("fr.wav") } as const;
    const correct = async (from: string, to: string) => {
      const path = talk.at("work", "subs.en.srt");
      await writeFile(path, (await readFile(path, "utf8")).replace(from, to));
    };
    await run(prep, service);
    // Polished: nobody has corrected anything, and Spanish is not made anew for it.
    await run(prep, service, { ...french, skipPolish: false });
    const { events } = await run(prep, service);
    expect(events).toContainEqual(expect.objectContaining({ stage: "prep", status: "skipped" }));
    await correct("12 trees", "13 trees");
    await run(prep, service, french);
    await correct("13 trees", "14 trees");
    await run(prep, service, french);
    expect(await read("fr", "subs.srt")).toContain("14");
    await run(prep, service);
    expect(await read("es", "subs.srt")).toContain("14");
  });

  it("of the translation stay, and only what was changed is spoken again", async () => {
    const service = await talk.serve();
    await run(dub, service);
    const clips = talk.at("work", "es", "speech");
    const before = await readdir(clips);
    const path = talk.at("work", "es", "subs.srt");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(spanish[2] ?? "", "Sin sol no hay sombra."));
    const { lines } = await run(dub, service);
    expect(lines?.map(({ text: said }) => said)).toContain("Sin sol no hay sombra.");
    expect((await readdir(clips)).filter((name) => !before.includes(name))).toHaveLength(1);
    expect(await readFile(path, "utf8")).toContain("Sin sol no hay sombra.");
  });

  it("are never overwritten by a new translation: it is refused, and says how to go on", async () => {
    const service = await talk.serve();
    await run(prep, service);
    const path = talk.at("work", "es", "subs.srt");
    const edited = (await readFile(path, "utf8")).replace(spanish[0] ?? "", "Bienvenidos todos.");
    await writeFile(path, edited);
    const corrected = talk.at("work", "subs.en.srt");
    const source = await readFile(corrected, "utf8");
    await writeFile(corrected, source.replace("cool again", "cold again"));
    const before = service.requests.length;
    await expect(run(prep, service)).rejects.toMatchObject({
      code: "edited_file",
      hint: expect.stringContaining("delete or rename"),
    });
    const lines = service.requests.slice(before).filter(({ body }) => {
      return JSON.stringify(body.response_format ?? "").includes('"name":"translation"');
    });
    expect(lines).toEqual([]);
    expect(await readFile(path, "utf8")).toBe(edited);
    await rm(path);
    await run(prep, service);
    expect(await read("es", "subs.srt")).toContain(
      pseudoTranslation("In the evening the ground is cold again.", "es").normal,
    );
  });
});

describe("a text somebody brought", () => {
  it("stays, and what is asked for in vain is said", async () => {
    const service = await talk.serve();
    await writeFile(talk.at("own.srt"), "1\n00:00:01,000 --> 00:00:03,000\n[?] Hola a todos.\n");
    await run(prep, service, { subs: talk.at("own.srt") });
    await rm(talk.at("work", "dub.json"));
    const { status, lines, warnings } = await run(dub, service);
    expect(service.requests).toEqual([]);
    expect({ status, text: lines?.[0]?.text }).toEqual({
      status: "done",
      text: "[?] Hola a todos.",
    });
    expect(warnings).toContainEqual(expect.stringContaining("--force prep"));
  });

  it("cannot be translated into no language", async () => {
    const service = await talk.serve();
    const { to: _to, ...options } = talk.options;
    const job = prep({ ...options, translate: true }, { env: talk.env(service) });
    await expect(job.result).rejects.toMatchObject({
      code: "invalid_options",
      hint: expect.stringContaining("--to"),
    });
  });
});

describe("a line nobody can translate", () => {
  const refusesTrees = {
    chat: {
      oddity: ({ user }: { readonly user: string }) =>
        user.includes("12 trees") && user.includes('"lines"') ? ("refusal" as const) : undefined,
    },
  };

  it("is marked and left for the person, never spoken, and the rest is dubbed", async () => {
    const service = await talk.serve(refusesTrees);
    const { status, lines, failures, warnings } = await run(dub, service);
    expect(status).toBe("partial");
    expect(lines?.map(({ text }) => text)).toHaveLength(phrases.length - 1);
    expect(failures).toEqual([
      expect.objectContaining({ text: expect.stringContaining("[?] Today we plant 12 trees") }),
    ]);
    expect(warnings.join("\n")).toMatch(/1 line of 4 could not be translated/);
    expect(lines?.some(({ text }) => text.includes("trees"))).toBe(false);
  });

  it("is spoken once the person has translated it, and is not asked for again", async () => {
    const service = await talk.serve(refusesTrees);
    await run(dub, service);
    const path = talk.at("work", "es", "subs.srt");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/\[\?\].*/, "Hoy plantamos 12 árboles."));
    const before = service.requests.length;
    const { status, lines } = await run(dub, service);
    expect(status).toBe("done");
    expect(lines?.map((line) => line.text)).toContain("Hoy plantamos 12 árboles.");
    const again = service.requests.slice(before).map(({ body }) => JSON.stringify(body.messages));
    expect(again.filter((question) => question.includes('\\"lines\\"'))).toEqual([]);
  });
});
