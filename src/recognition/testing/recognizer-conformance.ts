/** The rules every recogniser keeps, as a test suite to run on it. Not a test by itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServiceReply } from "../../core/service-reply.ts";
import { listeningRate } from "../../core/sound.ts";
import type { RecognitionResult, Recognizer } from "../recognizer.ts";

export type RecognizerConformanceOptions = {
  /** Two sounds of a second or more in which different things are said, in a language of which this is the BCP 47 tag. */
  readonly sounds: readonly [Int16Array, Int16Array];
  readonly language: string;
};

/**
 * Declares the suite.
 *
 * @param open opens the recogniser anew; called several times, and everything it gives is closed.
 */
export function describeRecognizer(
  name: string,
  open: () => Promise<Recognizer>,
  { sounds, language }: RecognizerConformanceOptions,
): void {
  describe(`${name} as a Recognizer`, () => {
    const [samples, other] = sounds;
    let recognizer: Recognizer;
    let alone: readonly RecognitionResult[];
    beforeAll(async () => {
      recognizer = await open();
      alone = [
        await recognizer.recognize({ samples }),
        await recognizer.recognize({ samples: other }),
      ];
    });
    afterAll(() => recognizer.close());

    it("says what it is, how much it takes and how much it can do at once", () => {
      expect(recognizer.name).not.toBe("");
      expect(recognizer.version).not.toBe("");
      expect(recognizer.lanes).toBeGreaterThanOrEqual(1);
      expect(recognizer.features.maxSeconds).toBeGreaterThanOrEqual(10);
      expect(["local", "service"]).toContain(recognizer.place);
    });

    it("hears something, other things in other sounds, with times inside the sound", () => {
      const texts = alone.map(({ phrases }) => phrases.map(({ text }) => text.trim()).join(" "));
      expect(texts[0]).toMatch(/\p{L}/u);
      expect(texts[1]).not.toBe(texts[0]);
      for (const [index, { phrases, hasTimes, warnings }] of alone.entries()) {
        const seconds = (sounds[index]?.length ?? 0) / listeningRate;
        expect(hasTimes).toBe(recognizer.features.times);
        expect(warnings).toEqual([]);
        for (const { start, end } of phrases) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(seconds + 0.5);
          if (!hasTimes) expect({ start, end }).toEqual({ start: 0, end: seconds });
        }
      }
    });

    it("names the language as BCP 47, if it does", () => {
      for (const result of alone) {
        if (result.language === undefined) continue;
        expect(Intl.getCanonicalLocales(result.language)).toEqual([result.language]);
        expect(result.language).toBe(language);
      }
    });

    it("takes a stated language and words that may be said", async () => {
      const request = { samples, language, prompt: "Anna, Łódź, «Ünïcode» 😀" };
      expect((await recognizer.recognize(request)).phrases.length).toBeGreaterThan(0);
    });

    it("hears the same in the same sound, also another instance, and in a view of a longer one", async () => {
      await using another = await open();
      const longer = new Int16Array(samples.length + 2000).fill(9);
      longer.set(samples, 1000);
      const view = longer.subarray(1000, 1000 + samples.length);
      expect(await recognizer.recognize({ samples })).toEqual(alone[0]);
      expect(await another.recognize({ samples })).toEqual(alone[0]);
      expect(await recognizer.recognize({ samples: view })).toEqual(alone[0]);
    });

    it("leaves the sound as it was", async () => {
      const copy = samples.slice();
      await recognizer.recognize({ samples: copy });
      expect(Buffer.from(copy.buffer).equals(Buffer.from(samples.slice().buffer))).toBe(true);
    });

    it("lives through silence", async () => {
      const silence = new Int16Array(2 * listeningRate);
      await recognizer.recognize({ samples: silence });
      expect(await recognizer.recognize({ samples: other })).toEqual(alone[1]);
    });

    it("brings every answer back to its caller when several ask at once", async () => {
      const asked = Array.from({ length: 12 }, (_, index) => index % 2);
      const results = await Promise.all(
        asked.map((index) => recognizer.recognize({ samples: sounds[index] ?? samples })),
      );
      expect(results).toEqual(asked.map((index) => alone[index]));
    });

    it("tells of every answer of a service once, and of none when it asks nobody", async () => {
      const replies: ServiceReply[] = [];
      await recognizer.recognize({ samples }, { onReply: (reply) => replies.push(reply) });
      expect(replies.map(({ status }) => status)).toEqual(
        recognizer.place === "service" ? [200] : [],
      );
    });

    it("takes its own key when asked, and ends that with the signal's reason", async () => {
      const reason = new Error("not needed any more");
      await recognizer.check?.();
      await expect(
        recognizer.check?.({ signal: AbortSignal.abort(reason) }) ?? Promise.reject(reason),
      ).rejects.toBe(reason);
    });

    it("rejects with the signal's reason when cancelled before or during, and hears on", async () => {
      const reason = new Error("not needed any more");
      const before = { signal: AbortSignal.abort(reason) };
      await expect(recognizer.recognize({ samples }, before)).rejects.toBe(reason);
      const controller = new AbortController();
      const during = recognizer.recognize({ samples }, { signal: controller.signal });
      const outcome = expect(during).rejects.toBe(reason);
      setImmediate(() => controller.abort(reason));
      await outcome;
      expect(await recognizer.recognize({ samples: other })).toEqual(alone[1]);
    });

    it("closes once however often it is asked, and refuses calls from then on", async () => {
      const another = await open();
      const running = another.recognize({ samples });
      const outcome = expect(running).rejects.toMatchObject({ code: "engine_unavailable" });
      await Promise.all([another.close(), another.close()]);
      await outcome;
      await another.close();
      await expect(another.recognize({ samples })).rejects.toMatchObject({
        code: "engine_unavailable",
      });
    });
  });
}
