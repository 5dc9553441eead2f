import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Slot } from "../core/segment.ts";
import { detectInBlocks, type FindSpans, joinSpans } from "./speech-spans.ts";
import { inPieces } from "./testing/real-media.ts";

const rate = 16_000;
/** Speech is where samples are not 0. */
const findLoud: FindSpans = async (samples) => {
  const spans: { start: number; end: number }[] = [];
  for (const [index, sample] of samples.entries()) {
    if (sample === 0) continue;
    const last = spans.at(-1);
    if (last !== undefined && last.end === index) last.end = index + 1;
    else spans.push({ start: index, end: index + 1 });
  }
  return spans.map(({ start, end }) => ({ start: start / rate, end: end / rate }));
};
const lengths = { block: 4, lead: 1, tail: 0.5 };

function soundWith(speech: readonly Slot[], seconds: number): Int16Array {
  const sound = new Int16Array(seconds * rate);
  for (const { start, end } of speech)
    sound.fill(1, Math.round(start * rate), Math.round(end * rate));
  return sound;
}
async function detect(sound: Int16Array, find = findLoud, signal?: AbortSignal) {
  const call = signal === undefined ? {} : { signal };
  const batches = [];
  for await (const batch of detectInBlocks(inPieces(sound, 7000), find, lengths, call))
    batches.push(batch);
  return batches;
}
const rounded = (spans: readonly Slot[]) =>
  spans.map(({ start, end }) => [Math.round(start * rate) / rate, Math.round(end * rate) / rate]);

describe("detectInBlocks", () => {
  it("finds every span once, whole, wherever the seams between blocks are", async () => {
    const tenths = fc.uniqueArray(fc.integer({ min: 0, max: 140 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(tenths, async (edges) => {
        const sorted = edges.map((edge) => edge / 7).sort((a, b) => a - b);
        const speech: Slot[] = [];
        for (let index = 0; index + 1 < sorted.length; index += 2)
          speech.push({ start: sorted[index] as number, end: sorted[index + 1] as number });
        const batches = await detect(soundWith(speech, 20));
        const found = batches.flatMap((batch) => batch.speech);
        expect(rounded(found)).toEqual(rounded(speech));
        for (const [index, { until }] of batches.entries()) {
          const later = batches.slice(index + 1).flatMap((batch) => batch.speech);
          expect(later.every(({ start }) => start >= until - 1e-9)).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("keeps back a span that may go on, and says so", async () => {
    const batches = await detect(soundWith([{ start: 3, end: 5 }], 8));
    expect(batches.map(({ until }) => until)).toEqual([3, 8]);
    expect(batches.map(({ speech }) => speech.length)).toEqual([0, 1]);
  });

  it("joins what two blocks place a little differently at their seam", async () => {
    let block = 0;
    const find: FindSpans = async () =>
      block++ === 0 ? [{ start: 2, end: 3.97 }] : [{ start: 1.04, end: 2 }]; // 4.04 to 5 of the sound
    const batches = await detect(new Int16Array(8 * rate), find);
    expect(batches.flatMap(({ speech }) => speech)).toEqual([{ start: 2, end: 5 }]);
  });

  it("does not wait for the end of speech that never pauses", async () => {
    const seconds = 300;
    const batches = await detect(new Int16Array(seconds * rate), async (samples) => [
      { start: 0, end: samples.length / rate },
    ]);
    const spans = batches.flatMap(({ speech }) => speech);
    expect(Math.max(...spans.map(({ start, end }) => end - start))).toBeLessThanOrEqual(124);
    expect(joinSpans(spans, 0.001)).toEqual([{ start: 0, end: seconds }]);
  });

  it("stops with the signal's own reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const find: FindSpans = async () => {
      controller.abort(reason);
      return [];
    };
    await expect(detect(new Int16Array(10 * rate), find, controller.signal)).rejects.toBe(reason);
  });
});
