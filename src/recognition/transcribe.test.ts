import { describe, expect, it } from "vitest";
import type { Segment, Slot, Word } from "../core/segment.ts";
import { listeningRate, type SoundPiece } from "../core/sound.ts";
import type { RecognitionRequest, RecognitionResult, SpeechDetector } from "./recognizer.ts";
import { lengthOf, mergeSlots } from "./slots.ts";
import { hearWords, onePhrase, placeOf, syntheticPieces } from "./testing/synthetic-sound.ts";
import { type TranscribeOptions, transcribe } from "./transcribe.ts";

/** Words of half a second, 0.1 s apart; after every twelfth comes a pause. */
function transcriptOf(seconds: number, pause: number): Word[] {
  const words: Word[] = [];
  let time = 1;
  while (time + 0.5 < seconds) {
    words.push({ text: `w${words.length}`, start: time, end: time + 0.5 });
    time += words.length % 12 === 0 ? 0.6 + pause : 0.6;
  }
  return words;
}
/** The tenth of a second between two words is no pause. */
const speechOf = (words: readonly Word[]): Slot[] =>
  mergeSlots(words.map(({ start, end }) => ({ start, end: end + 0.1001 })));
const spanOf = ({ samples }: RecognitionRequest): Slot => {
  const start = placeOf(samples);
  return { start, end: start + samples.length / listeningRate };
};
const wordsOf = (segments: readonly Segment[]): string[] =>
  segments.flatMap(({ text }) => text.split(" "));

const base = {
  features: { maxSeconds: 600, times: true },
  limit: 5,
} satisfies Partial<TranscribeOptions>;
const hears =
  (words: readonly Word[], more: Partial<RecognitionResult> = {}) =>
  async (request: RecognitionRequest) => ({ ...hearWords(words, spanOf(request)), ...more });

describe("transcribe", () => {
  it.each([
    ["with pauses", 0.5],
    ["without any silence to cut in", 0],
  ])("finds every word once, at its time, in sound %s", async (_kind, pause) => {
    const words = transcriptOf(600, pause);
    const pieces = syntheticPieces(600, speechOf(words));
    const { segments, ...rest } = await transcribe({
      ...base,
      pieces,
      recognize: hears(words, { language: "en" }),
    });
    expect(wordsOf(segments)).toEqual(words.map(({ text }) => text));
    for (const { text, start } of segments) {
      const first = words.find((word) => word.text === text.split(" ")[0]);
      expect(start).toBeCloseTo(first?.start ?? -1, 1);
    }
    expect(new Set(segments.map(({ id }) => id)).size).toBe(segments.length);
    expect(rest).toMatchObject({ language: "en", soundSeconds: 600, warnings: [] });
    // What two parts share is paid for twice.
    expect(rest.askedSeconds).toBeLessThan(pause > 0 ? 600.1 : 650);
    expect(rest.askedSeconds).toBeGreaterThan(590);
  });

  it("asks for the first part while the sound is still being read", async () => {
    const words = transcriptOf(600, 0.5);
    let read = 0;
    const readWhenAsked: number[] = [];
    const pieces = syntheticPieces(600, speechOf(words), () => read++);
    await transcribe({
      ...base,
      pieces,
      async recognize(request) {
        readWhenAsked.push(read);
        return await hears(words)(request);
      },
    });
    expect(readWhenAsked[0]).toBeLessThan(160);
    expect(read).toBe(600);
  });

  it("reads an hour no further ahead than the parts in work and two more", {
    timeout: 60_000,
  }, async () => {
    const seconds = 3600;
    const words = transcriptOf(seconds, 0.4);
    let read = 0;
    let heard = 0;
    let most = 0;
    let asked = 0;
    const pieces = syntheticPieces(seconds, speechOf(words), () => {
      most = Math.max(most, ++read - heard);
    });
    const { segments, askedSeconds } = await transcribe({
      ...base,
      pieces,
      async recognize(request) {
        asked++;
        const result = await hears(words)(request);
        heard += request.samples.length / listeningRate;
        return result;
      },
    });
    expect(askedSeconds).toBeCloseTo(seconds, 0);
    expect(asked).toBeGreaterThan(45);
    expect(most).toBeLessThan((base.limit + 3) * 50);
    expect(wordsOf(segments)).toEqual(words.map(({ text }) => text));
  });

  it("asks nobody about silence, and says that nothing was heard", async () => {
    const silent = await transcribe({
      ...base,
      pieces: syntheticPieces(200, []),
      recognize: () => Promise.reject(new Error("asked")),
    });
    expect(silent).toMatchObject({ segments: [], speech: [], askedSeconds: 0, soundSeconds: 200 });
    expect(silent.warnings).toEqual([
      "Nothing was heard in 3:20 of sound: it is silent, or nobody speaks.",
    ]);
    const none = await transcribe({
      ...base,
      pieces: syntheticPieces(0, []),
      recognize: () => Promise.reject(new Error("asked")),
    });
    expect(none).toMatchObject({ segments: [], soundSeconds: 0 });
  });

  it("makes no segments of music, and says what it left out", async () => {
    const { segments, warnings } = await transcribe({
      ...base,
      pieces: syntheticPieces(100, [{ start: 0, end: 100 }]),
      recognize: async (request) => onePhrase(request, "[Music]"),
    });
    expect(segments).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/^Left out as music or noise: 3 phrases .*“\[Music\]”\.$/),
      "Nothing was heard in 1:40 of sound: no words were recognised.",
    ]);
  });

  it("begins a segment where speech begins, though the recogniser says earlier", async () => {
    const { segments } = await transcribe({
      ...base,
      pieces: syntheticPieces(10, [{ start: 3, end: 5 }]),
      recognize: async () => ({
        phrases: [{ start: 2.4, end: 7, text: "hello" }],
        hasTimes: true,
        warnings: [],
      }),
    });
    expect(segments).toMatchObject([{ start: 3, end: expect.closeTo(5.1, 3), text: "hello" }]);
  });

  it("gives text without times the times of the speech", async () => {
    const { segments } = await transcribe({
      ...base,
      pieces: syntheticPieces(20, [
        { start: 2, end: 6 },
        { start: 10, end: 14 },
      ]),
      recognize: async (request) =>
        onePhrase(request, "One sentence. Two sentences.", { hasTimes: false }),
    });
    expect(segments).toMatchObject([
      { start: 2, end: expect.closeTo(6, 3), text: "One sentence." },
      { start: 10, end: expect.closeTo(14, 3), text: "Two sentences." },
    ]);
  });

  it("believes a detector more than levels", async () => {
    let asked = 0;
    const batches: number[] = [];
    const detector: SpeechDetector = {
      name: "fake",
      async *detect(pieces) {
        let until = 0;
        for await (const samples of pieces) {
          until += samples.length / listeningRate;
          batches.push(until);
          // Knows a second later, and speaks of the speech when it is over.
          if (until === 101) yield { speech: [{ start: 95, end: 99.5 }], until: 100 };
          else if (until < 95 || until > 100) yield { speech: [], until: until - 1 };
        }
        yield { speech: [], until };
      },
      close: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
    const { speech, segments } = await transcribe({
      ...base,
      detector,
      pieces: syntheticPieces(300, [{ start: 0, end: 300 }]),
      async recognize(request) {
        asked++;
        const { start } = spanOf(request);
        return {
          phrases: [{ start: 95 - start, end: 99 - start, text: "hello" }],
          hasTimes: true,
          warnings: [],
        };
      },
    });
    expect(batches).toHaveLength(300);
    expect(asked).toBe(1);
    expect(speech).toEqual([{ start: expect.closeTo(95, 6), end: expect.closeTo(99.5, 6) }]);
    expect(lengthOf(speech)).toBeCloseTo(4.5, 6);
    expect(segments).toMatchObject([{ start: expect.closeTo(95, 6), end: expect.closeTo(99, 6) }]);
  });

  it("stops reading when it is stopped, and passes on what the sound throws", async () => {
    const ending = new AbortController();
    const reason = new Error("enough");
    let read = 0;
    let isClosed = false;
    async function* endless(): AsyncGenerator<SoundPiece> {
      try {
        for await (const piece of syntheticPieces(36_000, [{ start: 0, end: 36_000 }])) {
          read++;
          yield piece;
        }
      } finally {
        isClosed = true;
      }
    }
    const stopped = transcribe(
      {
        ...base,
        pieces: endless(),
        recognize: (_request, { signal }) =>
          new Promise((_, reject) => {
            signal?.addEventListener("abort", () => reject(signal.reason));
            setImmediate(() => ending.abort(reason));
          }),
      },
      { signal: ending.signal },
    );
    await expect(stopped).rejects.toBe(reason);
    expect(isClosed).toBe(true);
    expect(read).toBeLessThan(800);

    const broken = new Error("the disk is gone");
    async function* breaking(): AsyncGenerator<SoundPiece> {
      yield* syntheticPieces(100, [{ start: 0, end: 100 }]);
      throw broken;
    }
    const failed = transcribe({
      ...base,
      pieces: breaking(),
      recognize: async (request) => onePhrase(request, "text"),
    });
    await expect(failed).rejects.toBe(broken);
  });
});
