import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Segment, Slot, Word } from "../core/segment.ts";
import { snapOnsets } from "./snap-onsets.ts";

const segment = (start: number, end: number, words?: readonly Word[]): Segment => ({
  ...{ id: `${start}`, start, end, text: "text" },
  ...(words && { words }),
});
const edges = (segments: readonly Segment[], speech: readonly Slot[]): number[][] =>
  snapOnsets(segments, speech).map(({ start, end }) => [start, end]);

describe("snapOnsets", () => {
  it("starts with the speech that follows within a second", () => {
    expect(edges([segment(1, 4)], [{ start: 1.8, end: 4 }])).toEqual([[1.8, 4]]);
    expect(edges([segment(1, 4)], [{ start: 2.1, end: 4 }])).toEqual([[1, 4]]);
    expect(
      edges(
        [segment(1, 4)],
        [
          { start: 0, end: 0.5 },
          { start: 1.5, end: 5 },
        ],
      ),
    ).toEqual([[1.5, 4]]);
  });

  it("does not start after its first word's end", () => {
    const words = [{ text: "text", start: 1, end: 1.4 }];
    expect(snapOnsets([segment(1, 4, words)], [{ start: 1.8, end: 4 }])).toEqual([
      { ...segment(1, 4), start: 1.4, words: [{ text: "text", start: 1.4, end: 1.4 }] },
    ]);
  });

  it("starts with speech that began a little before, unless another segment lies there", () => {
    const speech = [{ start: 0.8, end: 4 }];
    expect(edges([segment(1, 4)], speech)).toEqual([[0.8, 4]]);
    expect(edges([segment(1.2, 4)], speech)).toEqual([[1.2, 4]]);
    expect(edges([segment(0, 0.9), segment(1, 4)], speech)[1]).toEqual([1, 4]);
  });

  it("ends 0.1 s after the speech, but not before its last word", () => {
    const speech = [{ start: 1, end: 2.5 }];
    expect(edges([segment(1, 4)], speech)).toEqual([[1, 2.6]]);
    const words = [{ text: "text", start: 1, end: 3.1 }];
    expect(edges([segment(1, 4, words)], speech)).toEqual([[1, 3.1]]);
    expect(edges([segment(1, 2)], speech)).toEqual([[1, 2]]);
  });

  it("leaves alone what would become too short, and what nobody knows anything about", () => {
    expect(edges([segment(1, 2)], [{ start: 1.85, end: 4 }])).toEqual([[1, 2]]);
    expect(edges([segment(1, 2)], [])).toEqual([[1, 2]]);
  });

  it("keeps all segments apart, in order and within its bounds, whatever the speech", () => {
    const steps = (max: number) =>
      fc.array(
        fc.record({ gap: fc.integer({ min: 0, max: 150 }), length: fc.integer({ min: 2, max }) }),
        {
          maxLength: 30,
        },
      );
    const spansOf = (turns: readonly { gap: number; length: number }[], least = 0): Slot[] => {
      let time = 0;
      return turns.map(({ gap, length }) => {
        const start = time + Math.max(least, gap) / 100;
        time = start + length / 100;
        return { start, end: time };
      });
    };
    let moved = 0;
    fc.assert(
      fc.property(steps(300), steps(400), fc.boolean(), (given, spoken, hasWords) => {
        const segments = spansOf(given).map(({ start, end }) => {
          const middle = (start + end) / 2;
          const words = [
            { text: "a", start, end: middle },
            { text: "b", start: middle, end },
          ];
          return segment(start, end, hasWords ? words : undefined);
        });
        const snapped = snapOnsets(segments, spansOf(spoken, 1));
        expect(snapped).toHaveLength(segments.length);
        let free = 0;
        snapped.forEach(({ start, end, words }, index) => {
          const was = segments[index] as Segment;
          moved += Number(start !== was.start || end !== was.end);
          expect(start).toBeGreaterThanOrEqual(free);
          expect(end).toBeGreaterThan(start);
          expect(start - was.start).toBeLessThanOrEqual(1 + 1e-9);
          expect(was.start - start).toBeLessThanOrEqual(0.3 + 1e-9);
          expect(end).toBeLessThanOrEqual(was.end);
          expect(end).toBeGreaterThanOrEqual(was.words?.at(-1)?.end ?? 0);
          for (const word of words ?? []) {
            expect(word.start).toBeGreaterThanOrEqual(start);
            expect(word.end).toBeGreaterThanOrEqual(word.start);
            expect(word.end).toBeLessThanOrEqual(end);
          }
          free = end;
        });
      }),
      { numRuns: 300 },
    );
    expect(moved).toBeGreaterThan(100);
  });
});
