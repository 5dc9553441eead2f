import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Placement, PlanLine } from "./placement.ts";
import { fitStrict, type StrictOptions } from "./strict.ts";

const line = (start: number, end: number, duration: number, id = "a"): PlanLine => ({
  ...{ id, slot: { start, end }, duration },
});
const one = (given: PlanLine, options?: StrictOptions): Placement =>
  fitStrict([given], options)[0] as Placement;

describe("fitStrict", () => {
  it("speeds a long clip up to its own window exactly", () => {
    expect(one(line(1, 3, 2.4))).toMatchObject({ start: 1, duration: 2, tempo: 1.2, overrun: 0 });
  });

  it("reports what lies above the cap, and still fits", () => {
    const placed = one(line(1, 3, 5.2));
    expect(placed).toMatchObject({ duration: 2, tempo: 2.6, rushed: true });
    expect(placed.overrun).toBeCloseTo(2, 9);
    expect(one(line(1, 3, 5.2), { maxTempo: 3 })).toMatchObject({ overrun: 0, rushed: false });
  });

  it("pads a short clip: it keeps its tempo", () => {
    expect(one(line(1, 3, 1.5))).toMatchObject({ start: 1, duration: 1.5, tempo: 1 });
  });

  it("slows a short clip down only with stretch-both, to minTempo at most", () => {
    const stretch = { fitMode: "stretch-both" } as const;
    expect(one(line(1, 3, 1.5), stretch)).toMatchObject({ duration: 2, tempo: 0.75 });
    expect(one(line(1, 3, 1.5), { ...stretch, minTempo: 0.9 }).tempo).toBe(0.9);
  });

  it("leaves a clip alone within the tolerance", () => {
    expect(one(line(1, 3, 2.03)).tempo).toBe(1);
    expect(one(line(1, 3, 2.03), { toleranceMs: 10 }).tempo).toBeCloseTo(1.015, 9);
  });

  it("does not use the tolerance to run into the next line", () => {
    const [first] = fitStrict([line(1, 3, 2.02, "a"), line(3, 4, 1, "b")]);
    expect(first?.duration).toBe(2);
  });

  it("lets lines that begin together share their time, without overlap", () => {
    const placed = fitStrict([line(1, 3, 3, "a"), line(1, 3, 1, "b")]);
    expect(placed.map(({ start, duration }) => [start, duration])).toEqual([
      [1, 1.5],
      [2.5, 0.5],
    ]);
  });

  it("ends a window where the speaker's next one begins", () => {
    const [first, second] = fitStrict([line(1, 3, 2, "a"), line(2.6, 4, 1, "b")]);
    expect(first?.duration).toBeCloseTo(1.6, 9);
    expect(second).toMatchObject({ start: 2.6, tempo: 1 });
  });

  it("speaks nothing past the end of the media", () => {
    expect(one(line(1, 3, 2), { end: 2.6 }).duration).toBeCloseTo(1.6, 9);
    expect(() => one(line(1, 3, 2), { end: 1 })).toThrow(
      expect.objectContaining({ code: "line_too_long" }),
    );
  });

  it("refuses any other way to fit", () => {
    expect(() => one(line(0, 1, 1), { fitMode: "cut" as "stretch-both" })).toThrow(
      expect.objectContaining({ code: "invalid_options" }),
    );
  });

  it("never overlaps, cuts or silences a clip", () => {
    const entry = fc.record({
      gap: fc.constantFrom(-0.5, 0, 0.3, 2),
      length: fc.double({ min: 0.5, max: 8, noNaN: true }),
      duration: fc.double({ min: 0.05, max: 30, noNaN: true }),
      speaker: fc.constantFrom("a", "b"),
    });
    const fitMode = fc.constantFrom("pad-or-speedup" as const, "stretch-both" as const);
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), fitMode, (entries, fitMode) => {
        let time = 1;
        const lines = entries.map(({ gap, length, duration, speaker }, index) => {
          const slot = { start: time + Math.max(gap, 0 - time), end: time + gap + length };
          time = slot.end - (gap < 0 ? length : 0) + (gap < 0 ? 0.5 : 0);
          return { id: `${index}`, slot, duration, speaker };
        });
        lines.sort((a, b) => a.slot.start - b.slot.start);
        const placed = fitStrict(lines, { fitMode });
        const free = new Map<string, number>();
        placed.forEach(({ start, duration, tempo }, index) => {
          const { speaker, duration: natural } = lines[index] as (typeof lines)[number];
          expect(start).toBeGreaterThanOrEqual((free.get(speaker) ?? -1) - 1e-9);
          free.set(speaker, start + duration);
          expect(duration).toBeGreaterThan(0);
          expect(duration * tempo).toBeCloseTo(natural, 9);
          expect(start + duration).toBeLessThanOrEqual(clusterEnd(lines, index) + 0.0301);
        });
      }),
      { numRuns: 60 },
    );
  });
});

/** End of the run of overlapping or touching windows of one speaker that a line is in. */
function clusterEnd(lines: readonly PlanLine[], index: number): number {
  const { speaker, slot } = lines[index] as PlanLine;
  let reach = -Infinity;
  for (const other of lines.filter((one) => one.speaker === speaker)) {
    if (other.slot.start > reach + 1e-6 && other.slot.start > slot.start) break;
    reach = Math.max(reach, other.slot.end);
  }
  return reach;
}
