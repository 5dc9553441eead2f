import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DubberError } from "../core/error.ts";
import type { Slot } from "../core/segment.ts";
import { type Placement, type PlanLine, type PlanPolicy, planLines } from "./plan.ts";

type Entry = { gap: number; length: number; ratio: number; speaker: string };

/** `gap` is from the end of the line before to the start of this one; below 0 they overlap. */
function table(entries: readonly Entry[]): { lines: PlanLine[]; end: number } {
  let [start, end] = [0, 0];
  const lines = entries.map(({ gap, length, ratio, speaker }, index) => {
    start = Math.max(start, end + gap);
    end = start + length;
    return { id: `${index}`, speaker, slot: { start, end }, duration: length * ratio };
  });
  return { lines, end: Math.max(1, ...lines.map(({ slot }) => slot.end)) + 1 };
}

const entry = (gap: fc.Arbitrary<number>, ratio: fc.Arbitrary<number>): fc.Arbitrary<Entry> =>
  fc.record({
    gap,
    ratio,
    length: fc.double({ min: 0.3, max: 10, noNaN: true }),
    speaker: fc.constantFrom("a", "a", "b", "c"),
  });
const number = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true });
const tidyGap = fc.oneof(fc.constant(0), number(0, 0.5), number(0, 4));
const wildGap = fc.oneof(tidyGap, number(-8, 0), fc.constant(-100));
const policies: fc.Arbitrary<Omit<PlanPolicy, "end">> = fc.record(
  {
    minTempo: fc.constantFrom(0.8, 0.9, 1),
    maxTempo: fc.constantFrom(1, 1.1, 1.3, 1.5),
    maxEarly: fc.constantFrom(0, 0.3),
    maxDelay: fc.constantFrom(0, 0.4, 1),
    guard: fc.constantFrom(0, 0.08, 0.2),
    noSpeedup: fc.boolean(),
  },
  { requiredKeys: [] },
);

const overlap = (a: Slot, b: Slot): number => Math.min(a.end, b.end) - Math.max(a.start, b.start);
const spanOf = ({ start, duration }: Placement): Slot => ({ start, end: start + duration });

/** Every promise of the planner. Gives false where it refused, which it may only do by naming lines. */
function keepsPromises(lines: PlanLine[], policy: PlanPolicy): boolean {
  const { minTempo = 1, maxTempo = 1.3, maxEarly = 0.3, maxDelay = 0.4, guard = 0.08 } = policy;
  let placements: Placement[];
  try {
    placements = planLines(lines, policy);
  } catch (error) {
    expect(error).toBeInstanceOf(DubberError);
    expect((error as DubberError).code).toBe("line_too_long");
    return false;
  }
  const broken: string[] = [];
  const check = (rule: string, isKept: boolean, index: number): void => {
    if (!isKept) broken.push(`${rule}: ${JSON.stringify([lines[index], placements[index]])}`);
  };
  const lastOf = new Map<string, number>();
  placements.forEach((placed, index) => {
    const { id, slot, speaker = "", duration } = lines[index] as PlanLine;
    const { end } = spanOf(placed);
    check("same order", placed.id === id, index);
    check("no cut", Math.abs(placed.duration * placed.tempo - duration) < 1e-9, index);
    check("inside the media", placed.start >= 0 && end <= policy.end + 1e-9, index);
    check("early cap", placed.early <= maxEarly + 1e-9, index);
    check("slowest", placed.tempo >= minTempo - 1e-9 || policy.noSpeedup === true, index);
    check("fastest at all", placed.tempo <= Math.max(2, maxTempo) + 1e-9, index);
    check("rushed is above the cap", placed.rushed === placed.tempo > maxTempo, index);
    check("noSpeedup", !policy.noSpeedup || placed.tempo === 1, index);
    const taken =
      Math.max(0, duration / maxTempo - placed.duration) * Number(placed.rushed) +
      Math.max(0, placed.delay - maxDelay);
    check("what is beyond the caps is reported", Math.abs(placed.overrun - taken) < 1e-8, index);
    check(
      "absolute",
      Math.abs(slot.start - placed.early + placed.delay - placed.start) < 1e-9,
      index,
    );
    check("borrowed", Math.abs(placed.borrowed - Math.max(0, end - slot.end)) < 1e-9, index);
    const before = lastOf.get(speaker);
    if (before !== undefined) {
      const free = spanOf(placements[before] as Placement).end;
      const own = lines[before] as PlanLine;
      const isPushed = free > own.slot.end + 1e-9 || placed.early > 1e-9;
      check("no overlap", placed.start >= free - 1e-9, index);
      check("guard", !isPushed || placed.start >= free + guard - 1e-9, index);
    }
    lastOf.set(speaker, index);
    for (let other = 0; other < index && lines.length < 100; other++) {
      const stranger = lines[other] as PlanLine;
      if (stranger.speaker === speaker) continue;
      const had = Math.max(0, overlap(stranger.slot, slot));
      if (policy.noSpeedup && had > 0) continue;
      const has = overlap(spanOf(placements[other] as Placement), spanOf(placed));
      check("overlap of speakers", has <= had + 1e-9, index);
    }
  });
  expect(broken).toEqual([]);
  return true;
}

describe("planLines, for any lines", () => {
  it("keeps every promise where slots follow each other", () => {
    let planned = 0;
    fc.assert(
      fc.property(
        fc.array(entry(tidyGap, number(0, 1.6)), { maxLength: 40 }),
        policies,
        (entries, policy) => {
          const { lines, end } = table(entries);
          planned += Number(keepsPromises(lines, { ...policy, end }));
        },
      ),
      { numRuns: 150 },
    );
    expect(planned).toBeGreaterThan(20);
  });

  it("keeps every promise where slots overlap, start together or are far too short", () => {
    let planned = 0;
    fc.assert(
      fc.property(
        fc.array(entry(wildGap, fc.oneof(number(0, 1.2), number(0, 3))), { maxLength: 12 }),
        policies,
        (entries, policy) => {
          const { lines, end } = table(entries);
          planned += Number(keepsPromises(lines, { ...policy, end }));
        },
      ),
      {
        numRuns: 300,
        examples: [
          // No time is left for a line that needs next to none.
          [
            [
              { gap: 0, ratio: 2.504485019544093e-11, length: 0.49910460244140153, speaker: "a" },
              { gap: -100, ratio: 0, length: 0.3, speaker: "a" },
              { gap: -100, ratio: 1.722061556448826, length: 1.3574136285549336, speaker: "a" },
            ],
            { maxTempo: 1, maxDelay: 0, guard: 0 },
          ],
        ],
      },
    );
    expect(planned).toBeGreaterThan(20);
  });

  it("rushes nothing that fits without: every overrun has a line it makes room for, or an end", () => {
    fc.assert(
      fc.property(
        fc.array(entry(tidyGap, number(0.5, 1.6)), { minLength: 1, maxLength: 20 }),
        (entries) => {
          const { lines, end } = table(entries.map((one) => ({ ...one, speaker: "a" })));
          let placements: Placement[];
          try {
            placements = planLines(lines, { end });
          } catch {
            return;
          }
          placements.forEach((placed, index) => {
            if (!placed.rushed) return;
            const next = lines[index + 1];
            const limit = next ? next.slot.start + 0.4 - 0.08 : end;
            // At the cap it would have pushed the next line further than a delay within the caps allows for a later one.
            const atCap = placed.start + placed.duration + placed.overrun;
            const nextPlaced = placements[index + 1];
            const room = nextPlaced ? Math.min(limit, nextPlaced.start - 0.08 + 0.021) : end;
            expect(atCap).toBeGreaterThan(room - 0.021);
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  it("plans 5,000 lines, the same way each time", { timeout: 20_000 }, () => {
    const [entries] = fc.sample(
      fc.array(entry(tidyGap, number(0.4, 1.25)), { minLength: 5000, maxLength: 5000 }),
      { numRuns: 1, seed: 7 },
    );
    const { lines, end } = table(entries as Entry[]);
    expect(lines).toHaveLength(5000);
    expect(keepsPromises(lines, { end })).toBe(true);
    expect(planLines(lines, { end })).toEqual(planLines(lines, { end }));
  });
});
