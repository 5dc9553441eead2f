import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { longOrShort } from "../../test/support/long-or-short.ts";
import { hashBytes } from "../core/hash.ts";
import { openEmbedded } from "./embedded.ts";
import type { SpeechRequest, SpeechResult, Synthesizer } from "./synthesizer.ts";
import { describeSynthesizer } from "./testing/synthesizer-conformance.ts";

describeSynthesizer("the embedded engine", () => openEmbedded({ lanes: 2 }), {
  voice: "es",
  texts: [
    "Hola, ¿qué tal estás hoy? Vamos a ver un ejemplo.",
    "Esta es otra frase, 25 por ciento más larga.",
  ],
});

describe("the embedded engine", () => {
  let engine: Synthesizer;
  beforeAll(async () => {
    engine = await openEmbedded({ lanes: 1 });
  });
  afterAll(() => engine.close());
  const length = async (text: string, voice = "en-us") =>
    (await engine.speak({ text, voice })).audio.length;

  it("finds voices by ids it does not list, and says near ones of what it does not have", async () => {
    const listed = (await engine.voices()).map(({ id }) => id);
    for (const [id, voice] of Object.entries({
      en: { languages: ["en-GB", "en"], gender: "male" },
      "en+f3": { name: expect.stringMatching(/, female 3$/), gender: "female" },
      "es+croak": { name: expect.stringMatching(/, croak$/), languages: ["es"], gender: "neutral" },
    })) {
      expect(listed).not.toContain(id);
      expect(await engine.findVoice?.(id)).toMatchObject({ id, ...voice });
      expect(await length("Hola.", id)).toBeGreaterThan(0);
    }
    const near = { code: "unknown_voice", hint: expect.stringMatching(/es\+croak/) };
    await expect(engine.findVoice?.("es+croack")).rejects.toMatchObject(near);
  });

  it("gives the same bytes in any order and in any process", async () => {
    const voices = ["es", "es+f3", "en-us", "ru", "fr-fr"];
    const requests = Array.from(
      { length: longOrShort(20, 6) },
      (_, index): SpeechRequest => ({
        text: `Line ${index}, número ${index * 7}: ${"más texto, ".repeat(index % 4)}fin.`,
        voice: voices[index % voices.length] ?? "es",
        speed: 1 + (index % 3) / 10,
      }),
    );
    const speakAll = async (by: Synthesizer, order: readonly SpeechRequest[]) => {
      const hashes = new Map<SpeechRequest, string>();
      for (const request of order) hashes.set(request, hashSound(await by.speak(request)));
      return requests.map((request) => hashes.get(request));
    };
    await using other = await openEmbedded({ lanes: 1 });
    const forwards = await speakAll(engine, requests);
    expect(await speakAll(engine, requests.toReversed())).toEqual(forwards);
    expect(await speakAll(other, requests.toReversed())).toEqual(forwards);
    expect(new Set(forwards).size).toBe(requests.length);
  });

  it("keeps that promise with more voices than it remembers", async () => {
    const voices = (await engine.voices()).slice(0, 36).map(({ id }) => id);
    const speakAll = async () => {
      const hashes: string[] = [];
      for (const voice of voices)
        hashes.push(hashSound(await engine.speak({ text: "Uno 2", voice })));
      return hashes;
    };
    expect(await speakAll()).toEqual(await speakAll());
  });

  it("offers variants that sound different", async () => {
    const spanish = (await engine.voices()).filter(({ languages }) => languages[0] === "es");
    const hashes: string[] = [];
    for (const { id } of spanish)
      hashes.push(hashSound(await engine.speak({ text: "Hola", voice: id })));
    expect(spanish.map(({ id }) => id)).toContain("es+f3");
    expect(spanish.map(({ gender }) => gender)).toContain("female");
    expect(new Set(hashes).size).toBe(spanish.length);
  });

  it("speaks with every language it offers", async () => {
    const bases = (await engine.voices()).filter(({ id }) => !id.includes("+"));
    expect(bases.length).toBe(140);
    const some = bases.filter((_base, at) => at % 10 === 0);
    for (const { id } of longOrShort(bases, some))
      expect(await length("a 1", id), id).toBeGreaterThan(500);
  });

  it.each(["EN-US", "gmw/en-US", "English (America)", "en-us"])(
    "takes %s for the same voice",
    async (voice) => {
      expect(await length("Hello there", voice)).toBe(await length("Hello there", "en-us"));
    },
  );

  it.each([
    ["es+nope", "es+f2"],
    ["es+f9", "es+f1"],
    ["ess", "es"],
    ["mb-es1", "dubber voices"],
    ["", "dubber voices"],
    ["+f3", "dubber voices"],
    ["es+", "es+f2"],
    ["../../es", "dubber voices"],
  ])("refuses the voice %j and names near ones", async (voice, near) => {
    await expect(engine.speak({ text: "Hola", voice })).rejects.toMatchObject({
      code: "unknown_voice",
      hint: expect.stringContaining(near),
    });
  });

  it("speaks markup as text: a break is no pause, phonemes are letters", async () => {
    const plain = await length("one two");
    expect(await length("one <break time='20s'/> two")).toBeLessThan(plain + 10 * 22_050);
    expect(await length("one [[h@l'oU]] two")).not.toBe(await length("one [ [ two"));
    expect(await length("3 < 4 and 5 > 2")).toBeGreaterThan(await length("3 4 and 5 2"));
    expect(await length("R&D")).toBeGreaterThan(await length("RD"));
  });

  it("warns when a speed is beyond what it can do", async () => {
    const result = await engine.speak({ text: "Hola", voice: "es", speed: 9 });
    expect(result.warnings).toEqual([expect.stringContaining("9 became 2.5")]);
  });

  it("speaks the longest text it takes, and is none the worse for it", async () => {
    const before = await length("Hello there");
    const text = "word ".repeat(longOrShort(4000, 1200)).trim();
    const { audio } = await engine.speak({ text, voice: "en-us", speed: 2.5 });
    expect(audio.length).toBeGreaterThan(22_050 * 100);
    expect(await length("Hello there")).toBe(before);
  });
});

function hashSound({ audio }: SpeechResult): string {
  return hashBytes(new Uint8Array(audio.buffer, audio.byteOffset, audio.byteLength));
}
