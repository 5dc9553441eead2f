import { describe, expect, it } from "vitest";
import { type Placement, type PlanLine, type PlanPolicy, planLines } from "./plan.ts";

/** Start and end of the slot, natural duration, speaker. */
type Row = readonly [start: number, end: number, duration: number, speaker?: string];

function plan(rows: readonly Row[], policy: Partial<PlanPolicy> = {}): Placement[] {
  const lines = rows.map(([start, end, duration, speaker], index): PlanLine => {
    return { id: `l${index}`, slot: { start, end }, duration, ...(speaker && { speaker }) };
  });
  return planLines(lines, { end: 100, ...policy });
}
const endOf = (placement: Placement | undefined): number =>
  (placement?.start ?? 0) + (placement?.duration ?? 0);

describe("planLines", () => {
  it("leaves a line that fits its slot exactly as it is, next to its neighbour too", () => {
    for (const [index, placed] of plan([
      [1, 3, 2],
      [3, 5, 2],
    ]).entries()) {
      expect(placed).toMatchObject({
        tempo: 1,
        start: 1 + 2 * index,
        early: 0,
        delay: 0,
        overrun: 0,
      });
    }
  });

  it("lets a line longer than its slot first borrow the silence after it", () => {
    const [placed] = plan([
      [1, 3, 3],
      [6, 8, 2],
    ]);
    expect(placed).toMatchObject({ start: 1, tempo: 1, borrowed: 1, early: 0, overrun: 0 });
  });

  it("then starts a little early, into the silence before it", () => {
    const [placed, next] = plan([
      [2, 4, 2.2],
      [4.1, 6, 1.9],
    ]);
    expect(placed).toMatchObject({ tempo: 1 });
    expect(placed?.early).toBeGreaterThan(0.17);
    expect(placed?.early).toBeLessThanOrEqual(0.3);
    expect(next).toMatchObject({ delay: 0, start: 4.1 });
  });

  it("never starts earlier than maxEarly, nor before the media", () => {
    const rows: Row[] = [
      [2, 4, 2.4],
      [4, 6, 2],
    ];
    expect(plan(rows, { maxEarly: 0 })[0]?.early).toBe(0);
    expect(
      plan([
        [0.1, 2, 2.1],
        [2, 4, 2],
      ])[0]?.start,
    ).toBeGreaterThanOrEqual(0);
  });

  it("then speaks neighbouring lines a little faster, together", () => {
    const rows: Row[] = [
      [0, 4, 4],
      [4, 8, 4.9],
      [8, 12, 4],
    ];
    const tempos = plan(rows).map(({ tempo }) => tempo);
    expect(Math.max(...tempos)).toBeLessThan(1.225);
    expect(Math.min(...tempos)).toBeGreaterThan(1);
  });

  it("does not match tempos across a pause or another speaker", () => {
    const rows: Row[] = [
      [0, 4, 4.9, "a"],
      [4, 8, 4, "b"],
      [12, 16, 4, "b"],
    ];
    expect(
      plan(rows)
        .map(({ tempo }) => tempo)
        .slice(1),
    ).toEqual([1, 1]);
  });

  it("then moves the next line later, into silence that follows it, to maxDelay at most", () => {
    const [long, next] = plan([
      [0, 2, 2.95],
      [2, 4, 2],
    ]);
    expect(long?.tempo).toBeCloseTo(1.3, 9);
    expect(next?.delay).toBeGreaterThan(0.2);
    expect(next?.delay).toBeLessThanOrEqual(0.4);
    expect(next?.overrun).toBe(0);
  });

  it("then rushes as little as it takes, and reports it", () => {
    const [long, next] = plan([
      [0, 2, 3.2],
      [2, 4, 2],
    ]);
    expect(long?.tempo).toBeCloseTo(3.2 / (2.4 - 0.08), 9);
    expect(long?.rushed).toBe(true);
    expect(long?.overrun).toBeCloseTo(3.2 / 1.3 - 2.32, 9);
    expect(next?.delay).toBeCloseTo(0.4, 9);
  });

  it("then refuses, naming every line, its time and what it lacks", () => {
    const rows: Row[] = [
      [0, 2, 9],
      [2, 4, 2],
      [10, 12, 2],
      [20, 21, 12],
      [21, 22, 1],
    ];
    expect(() => plan(rows)).toThrow(
      expect.objectContaining({
        code: "line_too_long",
        message: expect.stringMatching(
          /line l0 at 0\.00 s is too long by 2\.18 s; line l3 at 20\.00 s is too long by 4\.38 s/,
        ),
      }),
    );
  });

  it("speaks nothing past the end of the media", () => {
    const [placed] = plan([[96, 99, 4.6]]);
    expect(endOf(placed)).toBeLessThanOrEqual(100 + 1e-9);
    expect(() => plan([[96, 99, 10]])).toThrow(expect.objectContaining({ code: "line_too_long" }));
  });

  it("keeps the guard between two lines that are pushed together", () => {
    for (const guard of [0.08, 0.2]) {
      const [long, next] = plan(
        [
          [0, 2, 2.95],
          [2, 4, 2],
        ],
        { guard },
      );
      expect((next?.start ?? 0) - endOf(long)).toBeGreaterThanOrEqual(guard - 1e-9);
    }
    const gaps = [0, 0.2].map((guard) => {
      const [long, next] = plan(
        [
          [0, 2, 2.95],
          [2, 4, 2],
        ],
        { guard },
      );
      return (next?.start ?? 0) - endOf(long);
    });
    expect(gaps[1]).toBeGreaterThanOrEqual(0.2 - 1e-9);
    expect(gaps[0]).toBeLessThan(0.03);
  });

  it("obeys other caps", () => {
    const rows: Row[] = [
      [0, 4, 4.9],
      [4, 8, 4],
    ];
    expect(plan(rows, { maxTempo: 1.1 })[0]).toMatchObject({ rushed: true });
    expect(plan(rows, { maxTempo: 1.3 })[0]).toMatchObject({ rushed: false });
    expect(plan([[0, 4, 3]], { minTempo: 1.1 })[0]?.tempo).toBeCloseTo(1.1, 9);
  });

  it("slows a short line down to fill its slot only where minTempo is below 1", () => {
    expect(plan([[0, 4, 3]])[0]?.tempo).toBe(1);
    expect(plan([[0, 4, 3.8]], { minTempo: 0.9 })[0]?.tempo).toBeCloseTo(0.95, 1);
    expect(plan([[0, 4, 2]], { minTempo: 0.9 })[0]?.tempo).toBe(0.9);
  });

  it("never changes a tempo with noSpeedup: lines move later, and what is beyond the cap is reported", () => {
    const [first, second, third] = plan(
      [
        [0, 2, 3],
        [2, 4, 2],
        [8, 9, 1],
      ],
      { noSpeedup: true },
    );
    expect([first, second, third].map((placed) => placed?.tempo)).toEqual([1, 1, 1]);
    expect(second?.start).toBeCloseTo(3.08, 9);
    expect(second?.overrun).toBeCloseTo(1.08 - 0.4, 9);
    expect(third).toMatchObject({ start: 8, overrun: 0 });
    expect(() => plan([[98, 99, 3]], { noSpeedup: true })).toThrow(
      expect.objectContaining({ code: "line_too_long" }),
    );
  });

  it("lets a line wait for an earlier slot of its speaker, and reports the wait", () => {
    const [first, second] = plan([
      [0, 3, 1],
      [0, 3, 1],
    ]);
    expect(second?.start).toBeGreaterThanOrEqual(endOf(first));
    expect(second?.rushed).toBe(false);
    expect(second?.overrun).toBeCloseTo((second?.delay ?? 0) - 0.4, 9);
  });

  it("keeps speakers who talk over each other apart as far as their slots were", () => {
    const [a, b] = plan([
      [0, 4, 4.4, "a"],
      [3, 6, 3.5, "b"],
    ]);
    expect(endOf(a) - (b?.start ?? 0)).toBeLessThanOrEqual(1 + 1e-9);
  });

  it("lets one speaker push the next a little where they take turns", () => {
    const [, b] = plan([
      [0, 2, 2.95, "a"],
      [2, 4, 2, "b"],
    ]);
    expect(b?.delay).toBeGreaterThan(0);
  });

  it("answers in the order of the lines, sorted or not", () => {
    const placed = plan([
      [5, 6, 1],
      [1, 2, 1],
    ]);
    expect(placed.map(({ id, start }) => [id, start])).toEqual([
      ["l0", 5],
      ["l1", 1],
    ]);
    expect(plan([])).toEqual([]);
  });

  it.each([
    [[1, 1, 1], {}],
    [[1, 2, Number.NaN], {}],
    [[1, 2, 1], { minTempo: 1.4, maxTempo: 1.3 }],
    [[1, 2, 1], { end: Number.NaN }],
    [[1, 2, 1], { guard: -1 }],
  ] as [Row, Partial<PlanPolicy>][])("refuses %j with %j", (row, policy) => {
    expect(() => plan([row], policy)).toThrow(expect.objectContaining({ code: "invalid_options" }));
  });
});
