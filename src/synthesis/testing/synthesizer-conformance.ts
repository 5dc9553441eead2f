/** The rules every voice engine keeps, as a test suite to run on it. Not a test by itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { named } from "../../../test/support/named.ts";
import type { DubberError } from "../../core/error.ts";
import type { ServiceReply } from "../../core/service-reply.ts";
import { scheduleCalls } from "../schedule.ts";
import type { SpeechRequest, SpeechResult, Synthesizer } from "../synthesizer.ts";
import { recordedTone } from "./recorded-tone.ts";

export type ConformanceOptions = {
  /** A voice the engine has, and two different sentences in its language. */
  readonly voice: string;
  readonly texts: readonly [string, string];
};

const oddTexts = [
  "Emoji 😀 in 👩‍👩‍👧 the 🇪🇸 middle",
  "العربية والعبرية: שלום, \u202eback to front\u202c",
  "a <b>bold</b> <break time='9s'/> word & more &amp; &lt; <speak> </p",
  "[[h@l'oU]] {x} \\n $(ls) `id` %s ''\"",
  "nul \u0000, escape \u001b[31m, control \u00011S, broken \ud800 surrogate",
  "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﷽ é é ﬃ x",
  "word".repeat(200),
  "7",
];

/**
 * Declares the suite.
 *
 * @param open opens the engine anew; called several times, and everything it gives is closed.
 */
export function describeSynthesizer(
  name: string,
  open: () => Promise<Synthesizer>,
  { voice, texts }: ConformanceOptions,
): void {
  describe(`${name} as a Synthesizer`, () => {
    let engine: Synthesizer;
    let alone: readonly SpeechResult[];
    beforeAll(async () => {
      engine = await open();
      alone = [
        await engine.speak({ text: texts[0], voice }),
        await engine.speak({ text: texts[1], voice }),
      ];
    });
    afterAll(() => engine.close());

    it("says what it is and how much it can do at once", () => {
      expect(engine.name).not.toBe("");
      expect(engine.version).not.toBe("");
      expect(engine.lanes).toBeGreaterThanOrEqual(1);
      expect(engine.features.maxCharacters).toBeGreaterThan(0);
      expect(["local", "service"]).toContain(engine.place);
    });

    it("tells of every answer of a service once, and of none when it asks nobody", async () => {
      const replies: ServiceReply[] = [];
      const onReply = (reply: ServiceReply) => replies.push(reply);
      const { audio } = await engine.speak({ text: texts[0], voice }, { onReply });
      expect(replies.length).toBe(engine.place === "service" ? 1 : 0);
      for (const reply of replies) {
        expect(reply.status).toBe(200);
        expect(reply.bytes).toBeGreaterThanOrEqual(audio.byteLength);
      }
    });

    it("keeps to a seed, or does not let it change the sound", async () => {
      const first = await engine.speak({ text: texts[0], voice, seed: 7 });
      const again = await engine.speak({ text: texts[0], voice, seed: 7 });
      expect(isSameSound(first, again)).toBe(true);
      if (engine.features.seed) expect(first.warnings).toEqual([]);
      else expect(isSameSound(first, alone[0])).toBe(true);
    });

    it("lets neighbouring texts change the sound only when it says so", async () => {
      const neighbours = { previousText: texts[1], nextText: texts[1] };
      const result = await engine.speak({ text: texts[0], voice, ...neighbours });
      expect(result.warnings).toEqual([]);
      if (!engine.features.context) expect(isSameSound(result, alone[0])).toBe(true);
    });

    it("offers voices with ids of their own, languages and names", async () => {
      const voices = await engine.voices();
      expect(voices.length).toBeGreaterThan(0);
      expect(new Set(voices.map(({ id }) => id)).size).toBe(voices.length);
      for (const one of voices) {
        expect(one.name).not.toBe("");
        expect(one.languages, one.id).not.toEqual([]);
        expect(Intl.getCanonicalLocales([...one.languages])).toEqual(one.languages);
      }
    });

    it("finds each voice it lists by its id, where it takes more ids than it lists", async () => {
      if (engine.findVoice === undefined) return;
      for (const one of (await engine.voices()).slice(0, 12)) {
        expect(await engine.findVoice(one.id)).toEqual(one);
      }
      const refusal = { code: "unknown_voice", hint: expect.any(String) };
      await expect(engine.findVoice("no such voice")).rejects.toMatchObject(refusal);
    });

    it("takes its own key when asked, and ends that with the signal's reason", async () => {
      const reason = new Error("not needed any more");
      await engine.check?.();
      if (engine.place === "local") expect(engine.check).toBeUndefined();
      await expect(
        engine.check?.({ signal: AbortSignal.abort(reason) }) ?? Promise.reject(reason),
      ).rejects.toBe(reason);
    });

    it("speaks: sound of a plausible length, not silence", () => {
      for (const [index, { audio, sampleRate }] of alone.entries()) {
        const seconds = audio.length / sampleRate;
        const characters = texts[index]?.length ?? 0;
        expect(sampleRate).toBeGreaterThanOrEqual(8000);
        expect(characters / seconds).toBeGreaterThan(4);
        expect(characters / seconds).toBeLessThan(40);
        expect(loudest(audio)).toBeGreaterThan(1000);
      }
    });

    it("gives the same bytes for the same request, also to another instance", async () => {
      await using other = await open();
      const again = await engine.speak({ text: texts[0], voice });
      const elsewhere = await other.speak({ text: texts[0], voice });
      expect(isSameSound(again, alone[0])).toBe(true);
      expect(isSameSound(elsewhere, alone[0])).toBe(true);
    });

    it("brings every answer back to its caller when several ask at once", async () => {
      const asked = Array.from({ length: 12 }, (_, index) => index % 2);
      const results = await Promise.all(
        asked.map((index) => engine.speak({ text: texts[index] ?? "", voice })),
      );
      const isRight = results.map((result, at) => isSameSound(result, alone[asked[at] ?? 0]));
      expect(isRight).not.toContain(false);
    });

    it("refuses a voice it does not have, and speaks on", async () => {
      await expect(engine.speak({ text: texts[0], voice: "no such voice" })).rejects.toMatchObject({
        code: "unknown_voice",
        hint: expect.any(String),
      } satisfies Partial<DubberError>);
      expect(isSameSound(await engine.speak({ text: texts[0], voice }), alone[0])).toBe(true);
    });

    it.each(named(["", " \n\t", "...", "—", "♪ ♪", "\u0000\u0007"]))(
      "refuses %s: nothing to speak",
      async (_name, text) => {
        await expect(engine.speak({ text, voice })).rejects.toMatchObject({ code: "invalid_text" });
      },
    );

    it("refuses a text longer than it says it takes", async () => {
      const text = "a".repeat(engine.features.maxCharacters + 1);
      await expect(engine.speak({ text, voice })).rejects.toMatchObject({ code: "invalid_text" });
    });

    it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
      "refuses a speed of %s",
      async (speed) => {
        await expect(engine.speak({ text: texts[0], voice, speed })).rejects.toMatchObject({
          code: "invalid_options",
        });
      },
    );

    it("speaks faster when asked to, or warns that it cannot", async () => {
      const speed = Math.min(1.5, engine.features.speed?.max ?? 1.5);
      const fast = await engine.speak({ text: texts[0], voice, speed });
      if (engine.features.speed === undefined) expect(fast.warnings).not.toEqual([]);
      else expect(fast.audio.length).toBeLessThan((alone[0]?.audio.length ?? 0) * 0.9);
    });

    it("warns about instructions it cannot follow", async () => {
      const result = await engine.speak({ text: texts[0], voice, instructions: "Whisper." });
      expect(result.warnings.length > 0).toBe(!engine.features.instructions);
    });

    it("speaks like the recording it is given instead of with a voice, or refuses", async () => {
      const [recording, other] = [recordedTone(200), recordedTone(300)];
      const speak = (request: Partial<SpeechRequest>) =>
        engine.speak({ text: texts[0], voice: "", ...request });
      if (!engine.features.cloning) {
        await expect(speak({ voice, recording })).rejects.toMatchObject({
          code: "engine_unsupported",
          message: expect.stringContaining(engine.name),
          hint: expect.stringMatching(/COSYVOICE_URL.*ELEVENLABS_API_KEY/),
          retryable: false,
        });
        expect(isSameSound(await engine.speak({ text: texts[0], voice }), alone[0])).toBe(true);
        return;
      }
      const first = await speak({ recording });
      expect(first.warnings).toEqual([]);
      expect(isSameSound(first, alone[0])).toBe(false);
      expect(isSameSound(first, await speak({ recording: other }))).toBe(false);
      // Who is named does not matter, and neither does which bytes in memory hold the recording.
      const again = { voice: "no such voice", recording: recordedTone(200) };
      expect(isSameSound(first, await speak(again))).toBe(true);
      expect(isSameSound(await engine.speak({ text: texts[0], voice }), alone[0])).toBe(true);
    });

    it("does not mix recordings up when several ask at once, also through a scheduler", async () => {
      if (!engine.features.cloning) return;
      const recordings = [200, 300, 400].map((hertz) => recordedTone(hertz));
      const request = (at: number) => {
        const recording = recordings[at % 3];
        return { text: texts[at % 2] ?? "", voice: "", ...(recording && { recording }) };
      };
      const expected: SpeechResult[] = [];
      for (let at = 0; at < 6; at++) expected.push(await engine.speak(request(at)));
      await using other = await open();
      const scheduled = scheduleCalls(other);
      const asked = Array.from({ length: 18 }, (_, index) => index % 6);
      for (const by of [engine, scheduled]) {
        const results = await Promise.all(asked.map((at) => by.speak(request(at))));
        const isRight = results.map((one, at) => isSameSound(one, expected[asked[at] ?? 0]));
        expect(isRight).not.toContain(false);
      }
    });

    it("refuses what is no recording of a voice, and speaks on", async () => {
      if (!engine.features.cloning) return;
      for (const wav of [new Uint8Array(0), Buffer.from("no sound"), recordedTone(200, 2).wav]) {
        await expect(
          engine.speak({ text: texts[0], voice: "", recording: { wav } }),
        ).rejects.toMatchObject({ code: "invalid_media", hint: expect.any(String) });
      }
      expect(isSameSound(await engine.speak({ text: texts[0], voice }), alone[0])).toBe(true);
    });

    it("keeps the voices it makes until they are taken away, where its service keeps voices", async () => {
      const call = { signal: AbortSignal.abort(new Error("not needed any more")) };
      const { addVoice, removeVoice } = engine;
      expect(addVoice === undefined).toBe(removeVoice === undefined);
      if (addVoice === undefined || removeVoice === undefined) return;
      expect(engine.features.cloning).toBe(true);
      const recording = recordedTone(500);
      const id = await addVoice({ name: "Anna", recording });
      const name = (await engine.voices()).find((one) => one.id === id)?.name;
      expect(name).toBe("Anna");
      const spoken = await engine.speak({ text: texts[0], voice: id });
      expect(
        isSameSound(spoken, await engine.speak({ text: texts[0], voice: "", recording })),
      ).toBe(true);
      await expect(addVoice({ name: "Anna", recording }, call)).rejects.toBe(call.signal.reason);
      await expect(removeVoice(id, call)).rejects.toBe(call.signal.reason);
      for (const _ of ["there", "gone"]) await removeVoice(id);
      expect((await engine.voices()).map((one) => one.id)).not.toContain(id);
      await expect(engine.speak({ text: texts[0], voice: id })).rejects.toMatchObject({
        code: "unknown_voice",
      });
    });

    it("speaks a long text in proportion", async () => {
      const text = Array.from({ length: 30 }, () => texts[0]).join(" ");
      const { audio } = await engine.speak({ text, voice });
      expect(audio.length).toBeGreaterThan((alone[0]?.audio.length ?? 0) * 15);
    });

    it.each(named(oddTexts))("lives through %s", async (_name, text) => {
      const { audio } = await engine.speak({ text, voice });
      expect(audio.length).toBeGreaterThan(0);
      expect(isSameSound(await engine.speak({ text: texts[1], voice }), alone[1])).toBe(true);
    });

    it("rejects with the signal's reason when cancelled before", async () => {
      const reason = new Error("not needed any more");
      const signal = AbortSignal.abort(reason);
      await expect(engine.speak({ text: texts[0], voice }, { signal })).rejects.toBe(reason);
      await expect(engine.voices({ signal })).rejects.toBe(reason);
    });

    it("rejects with the signal's reason when cancelled during, and speaks on", async () => {
      const reason = new Error("not needed any more");
      const controller = new AbortController();
      // More than it has lanes, where that can be had.
      const calls = Array.from({ length: Math.min(engine.lanes + 2, 8) }, () =>
        engine.speak({ text: texts[0], voice }, { signal: controller.signal }),
      );
      const outcomes = Promise.allSettled(calls);
      setImmediate(() => controller.abort(reason));
      for (const outcome of await outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toBe(reason);
        else expect(isSameSound(outcome.value, alone[0])).toBe(true);
      }
      expect((await outcomes).some(({ status }) => status === "rejected")).toBe(true);
      expect(isSameSound(await engine.speak({ text: texts[1], voice }), alone[1])).toBe(true);
    });

    it("closes once however often it is asked, and refuses calls from then on", async () => {
      const other = await open();
      const running = other.speak({ text: texts[0], voice });
      const outcome = expect(running).rejects.toMatchObject({ code: "engine_unavailable" });
      await Promise.all([other.close(), other.close()]);
      await outcome;
      await other.close();
      await expect(other.speak({ text: texts[0], voice })).rejects.toMatchObject({
        code: "engine_unavailable",
      });
    });
  });
}

function isSameSound(a: SpeechResult, b: SpeechResult | undefined): boolean {
  return (
    b !== undefined &&
    a.sampleRate === b.sampleRate &&
    Buffer.from(a.audio.buffer, a.audio.byteOffset, a.audio.byteLength).equals(
      Buffer.from(b.audio.buffer, b.audio.byteOffset, b.audio.byteLength),
    )
  );
}

function loudest(audio: Int16Array): number {
  return audio.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}
