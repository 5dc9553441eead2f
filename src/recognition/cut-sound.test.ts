import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longOrShort } from "../../test/support/long-or-short.ts";
import type { Slot } from "../core/segment.ts";
import type { SoundPiece } from "../core/sound.ts";
import { type CutOptions, cutAtSilences, type SoundPart } from "./cut-sound.ts";
import { lengthOf, silencesFrom } from "./slots.ts";
import { all, syntheticPieces } from "./testing/synthetic-sound.ts";

const cut = (
  seconds: number,
  speech: readonly Slot[],
  options?: CutOptions,
): Promise<SoundPart[]> => all(cutAtSilences(syntheticPieces(seconds, speech), options));

/** Speech with a pause of `pause` seconds after every `spoken`. */
function turns(seconds: number, spoken: number, pause: number): Slot[] {
  const slots: Slot[] = [];
  for (let start = 0; start < seconds; start += spoken + pause) {
    slots.push({ start, end: Math.min(seconds, start + spoken) });
  }
  return slots;
}
async function* constant(seconds: number, level: number): AsyncGenerator<SoundPiece> {
  for (let start = 0; start < seconds; start++) {
    const samples = Int16Array.from({ length: 16_000 }, (_, index) => (index % 2 ? level : -level));
    yield { start, samples, silences: [{ start, end: start + 1 }] };
  }
}

describe("cutAtSilences", () => {
  it("ends a part in the middle of the longest silence between 20 and 50 s", async () => {
    const speech = silencesFrom(
      [
        { start: 10, end: 15 },
        { start: 30, end: 31 },
        { start: 45, end: 45.4 },
      ],
      { start: 0, end: 70 },
    );
    const parts = await cut(70, speech);
    expect(parts.map(({ start, end }) => [start, end])).toEqual([
      [0, expect.closeTo(30.5, 1)],
      [parts[0]?.end, 70],
    ]);
  });

  it("cuts sound without any silence at its quietest moment near 30 s, and lets two parts share two seconds", async () => {
    const pieces = async function* (): AsyncGenerator<SoundPiece> {
      for await (const piece of syntheticPieces(70, [{ start: 0, end: 70 }])) {
        if (piece.start === 32) piece.samples.fill(900, 8000, 9600);
        yield piece;
      }
    };
    const parts = await all(cutAtSilences(pieces()));
    expect(parts).toHaveLength(2);
    expect(parts[0]?.end).toBeCloseTo(33.55, 1);
    expect(parts[1]?.start).toBeCloseTo(31.55, 1);
    expect((parts[0]?.end ?? 0) - (parts[1]?.start ?? 0)).toBeCloseTo(2, 6);
  });

  it("knows parts in which nobody speaks", async () => {
    const parts = await cut(400, [
      { start: 0, end: 20 },
      { start: 330, end: 390 },
    ]);
    expect(parts.filter(({ hasSpeech }) => hasSpeech).length).toBeLessThanOrEqual(4);
    expect(parts.filter(({ hasSpeech }) => !hasSpeech).length).toBeGreaterThanOrEqual(3);
    for (const { start, end, hasSpeech } of parts) {
      expect(hasSpeech).toBe(start < 20 || (end > 330 && start < 390));
    }
  });

  it("believes the silences of a level only where next to nothing is to be heard, those of a detector always", async () => {
    const quiet = await all(cutAtSilences(constant(100, 400)));
    expect(quiet.every(({ hasSpeech }) => hasSpeech)).toBe(true);
    const detected = await all(cutAtSilences(constant(100, 400), { isDetected: true }));
    expect(detected.some(({ hasSpeech }) => hasSpeech)).toBe(false);
    const inaudible = await all(cutAtSilences(constant(100, 20)));
    expect(inaudible.some(({ hasSpeech }) => hasSpeech)).toBe(false);
  });

  it("gives 60 minutes of speech in parts that keep five calls evenly busy", async () => {
    const parts = await cut(3600, turns(3600, 6.3, 0.6));
    expect(parts.length).toBeGreaterThan(70);
    expect(Math.max(...parts.map((one) => one.end - one.start))).toBeLessThanOrEqual(50);
    const lanes = [0, 0, 0, 0, 0];
    for (const part of parts) {
      const free = lanes.indexOf(Math.min(...lanes));
      lanes[free] = (lanes[free] ?? 0) + part.end - part.start;
    }
    expect(Math.max(...lanes) / (3600 / 5)).toBeLessThan(1.1);
  });

  it("makes shorter parts for a recogniser that takes less, and none for no sound", async () => {
    const parts = await cut(200, turns(200, 3, 0.5), { maxSeconds: 28 });
    expect(Math.max(...parts.map((one) => one.end - one.start))).toBeLessThanOrEqual(28);
    expect(parts.length).toBeLessThan(20);
    expect(await cut(0, [])).toEqual([]);
    expect((await cut(0.05, [{ start: 0, end: 0.05 }]))[0]?.hasSpeech).toBe(false);
  });

  it("holds one part, and reads no further ahead than it has to", async () => {
    let read = 0;
    const counted = syntheticPieces(1000, turns(1000, 5, 0.5), () => read++);
    for await (const part of cutAtSilences(counted)) {
      expect(read - part.end).toBeLessThan(76);
    }
    expect(read).toBe(1000);
  });

  it("covers any sound exactly, keeps to its lengths, and cuts in silence where there is one", {
    timeout: 60_000,
  }, async () => {
    const sounds = fc.record({
      seconds: fc.integer({ min: 1, max: 4000 }).map((tenths) => tenths / 10),
      turns: fc.array(
        fc.record({
          pause: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 900 })),
          spoken: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 1200 })),
        }),
        { maxLength: 40 },
      ),
      maxSeconds: fc.constantFrom(undefined, 29, 60, 1000),
    });
    await fc.assert(
      fc.asyncProperty(sounds, async ({ seconds, turns, maxSeconds }) => {
        const speech: Slot[] = [];
        let time = 0;
        for (const { pause, spoken } of turns) {
          const start = time + pause / 10;
          time = start + spoken / 10;
          if (time < seconds) speech.push({ start, end: time });
        }
        const parts = await cut(seconds, speech, maxSeconds === undefined ? {} : { maxSeconds });
        const most = Math.min(50, maxSeconds ?? 50);
        const silences = silencesFrom(speech, { start: 0, end: seconds });
        expect(parts[0]?.start).toBe(0);
        expect(parts.at(-1)?.end).toBeCloseTo(seconds, 6);
        for (const [index, part] of parts.entries()) {
          const next = parts[index + 1];
          expect(part.index).toBe(index);
          expect(part.samples.length / 16_000).toBeCloseTo(part.end - part.start, 6);
          expect(part.end - part.start).toBeLessThanOrEqual(most + 1e-6);
          expect(part.hasSpeech).toBe(
            part.samples.length >= 1600 && part.samples.some((one) => one !== 0),
          );
          expect(lengthOf(part.speech)).toBeCloseTo(
            part.hasSpeech ? lengthOf(silencesFrom(silences, part)) : 0,
            3,
          );
          if (next === undefined) continue;
          const shared = part.end - next.start;
          expect(shared).toBeGreaterThanOrEqual(0);
          if (shared === 0) {
            expect(silences.some((one) => one.start <= part.end && part.end <= one.end)).toBe(true);
          } else {
            expect(shared).toBeLessThanOrEqual(2 + 1e-6);
            const window = { start: part.start + most * 0.4, end: part.start + most - 1 };
            const inside = silences.filter(
              (one) => one.start < window.end && one.end > window.start,
            );
            expect(
              inside.some(
                (one) => Math.min(one.end, window.end) - Math.max(one.start, window.start) > 0.11,
              ),
            ).toBe(false);
          }
        }
      }),
      { numRuns: longOrShort(100, 20) },
    );
  });
});
