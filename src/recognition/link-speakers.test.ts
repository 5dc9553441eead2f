import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linkSpeakers } from "./link-speakers.ts";

/** A print near one of three directions that have nothing in common. */
const near = (person: number, noise = 0.1) =>
  [0, 1, 2, 3].map((axis) => (axis === person ? 1 : axis === 3 ? noise : 0));
const speaker = (stretch: number, print: readonly number[], seconds = 10) => ({
  stretch,
  print,
  seconds,
});
const members = (...given: Parameters<typeof linkSpeakers>) =>
  linkSpeakers(...given).map((person) => person.members);

describe("linkSpeakers", () => {
  it("finds the same people in stretches that number them otherwise", () => {
    const found = [
      [speaker(0, near(0)), speaker(0, near(1))],
      [speaker(1, near(1, -0.2)), speaker(1, near(0, 0.3)), speaker(1, near(2))],
    ].flat();
    expect(members(found, { threshold: 0.5 })).toEqual([[0, 3], [1, 2], [4]]);
  });

  it("never takes two speakers of one stretch for one person by itself", () => {
    expect(members([speaker(0, near(0)), speaker(0, near(0))], { threshold: 0.5 })).toHaveLength(2);
  });

  it("comes to the number of people that was asked for, by joining the most alike", () => {
    const found = [speaker(0, near(0)), speaker(0, near(1)), speaker(0, [0.9, 0.5, 0, 0])];
    expect(members(found, { threshold: 0.5, count: 2 })).toEqual([[0, 2], [1]]);
    expect(members(found, { threshold: 0.5, count: 1 })).toEqual([[0, 1, 2]]);
    expect(members(found, { threshold: 0.5, count: 9 })).toHaveLength(3);
  });

  it("weighs prints by how long somebody spoke", () => {
    const found = [speaker(0, [1, 0], 90), speaker(1, [0.8, 0.6], 10)];
    const [person] = linkSpeakers(found, { threshold: 0.5 });
    expect(Math.hypot(...(person?.print ?? []))).toBeCloseTo(1, 9);
    expect(person?.print[0]).toBeGreaterThan(0.99);
  });

  it("keeps everybody exactly once, whatever the prints", () => {
    const print = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 3,
      maxLength: 3,
    });
    const people = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), print), { maxLength: 12 });
    const count = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
    fc.assert(
      fc.property(people, count, (given, wanted) => {
        const found = given.map(([stretch, value]) => speaker(stretch, value));
        const linked = members(found, {
          threshold: 0.5,
          ...(wanted !== undefined && { count: wanted }),
        });
        expect(linked.flat().sort((a, b) => a - b)).toEqual(found.map((_, index) => index));
        if (wanted !== undefined) expect(linked.length).toBe(Math.min(wanted, found.length));
      }),
    );
  });
});
