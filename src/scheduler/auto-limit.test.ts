import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AutoLimit } from "./auto-limit.ts";

/** Runs `rounds` times as many calls at once as the limit allows; those above `capacity` are refused. */
function play(limit: AutoLimit, { rounds, capacity }: { rounds: number; capacity: number }) {
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    const tickets = Array.from({ length: limit.limit }, (_, index) => limit.started(index + 1));
    for (const ticket of tickets) {
      if (ticket.level <= capacity) continue;
      refused += 1;
      limit.throttled(ticket);
    }
    for (const ticket of tickets) {
      if (ticket.level <= capacity) limit.succeeded(ticket, { ms: 200, size: 50 });
    }
  }
  return refused;
}

describe("AutoLimit", () => {
  it("starts at two and finds the place just under the refusals", () => {
    const limit = new AutoLimit(100);
    expect([limit.limit, limit.found, limit.settled]).toEqual([2, undefined, undefined]);
    play(limit, { rounds: 30, capacity: 20 });
    expect(limit.found).toBe(20);
    expect(limit.settled).toBe(20);
  });

  it("halves once for all refusals of calls that set off before the halving", () => {
    const limit = new AutoLimit(100);
    limit.remember(40);
    const tickets = Array.from({ length: 40 }, (_, index) => limit.started(index + 1));
    for (const ticket of tickets.slice(0, 30)) {
      limit.succeeded(ticket, { ms: 200, size: 50 });
    }
    for (const ticket of tickets.slice(30).reverse()) limit.throttled(ticket);
    expect(limit.limit).toBe(20);
    expect(limit.found).toBe(30);
  });

  it("climbs back to just under the refusal, one for each success", () => {
    const limit = new AutoLimit(100);
    limit.remember(20);
    limit.throttled(limit.started(17));
    expect(limit.limit).toBe(8);
    for (let climbed = 9; climbed <= 16; climbed++) {
      limit.succeeded(limit.started(4), { ms: 200, size: 50 });
      expect(limit.limit).toBe(climbed);
    }
    limit.succeeded(limit.started(16), { ms: 200, size: 50 });
    expect(limit.limit).toBe(16);
  });

  it("learns nothing new from refusals alone: a service that refuses everything is not a smaller one", () => {
    const limit = new AutoLimit(100);
    limit.remember(20);
    for (let call = 0; call < 50; call++) limit.throttled(limit.started(limit.limit));
    expect(limit.limit).toBe(10);
    expect(limit.found).toBe(19);
  });

  it("tries more than was refused ever more rarely", () => {
    const limit = new AutoLimit(100);
    play(limit, { rounds: 50, capacity: 5 });
    const early = play(limit, { rounds: 200, capacity: 5 });
    const late = play(limit, { rounds: 200, capacity: 5 });
    expect(early).toBeGreaterThan(0);
    expect(late).toBeLessThan(early);
  });

  it("finds it when the service allows more than before, or less", () => {
    const limit = new AutoLimit(100);
    play(limit, { rounds: 40, capacity: 5 });
    expect(limit.found).toBe(5);
    play(limit, { rounds: 200, capacity: 15 });
    expect(limit.found).toBe(15);
    play(limit, { rounds: 20, capacity: 2 });
    expect(limit.found).toBe(2);
  });

  it("goes where the service says it may go, at once, and where it says next", () => {
    const limit = new AutoLimit(10);
    limit.allowedAtOnce(5);
    expect(limit.limit).toBe(5);
    play(limit, { rounds: 500, capacity: 5 });
    expect(limit.limit).toBe(5);
    limit.allowedAtOnce(50);
    expect(limit.limit).toBe(10);
  });

  it("heeds refusals although the service goes on saying that it allows more", () => {
    const limit = new AutoLimit(10);
    limit.allowedAtOnce(6);
    limit.throttled(limit.started(3));
    limit.allowedAtOnce(6);
    expect(limit.limit).toBe(1);
  });

  it.each([0, -1, 2.5, Number.NaN])("ignores %s from a memory or a header", (odd) => {
    const limit = new AutoLimit(10);
    limit.remember(odd);
    limit.allowedAtOnce(odd);
    expect(limit.limit).toBe(2);
  });

  it("does not go beyond its highest, nor by what it remembers", () => {
    const limit = new AutoLimit(7);
    limit.remember(400);
    expect(limit.limit).toBe(7);
    play(limit, { rounds: 500, capacity: 1_000 });
    expect(limit.limit).toBe(7);
  });

  it("forgets nothing this run has found when the memory comes late", () => {
    const limit = new AutoLimit(100);
    play(limit, { rounds: 10, capacity: 4 });
    limit.remember(50);
    expect(limit.found).toBe(4);
  });

  it("stays within 1 and its highest, whatever it is told", () => {
    const event = fc.record({
      what: fc.constantFrom("ok" as const, "refused" as const, "allowed" as const, "old" as const),
      ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
      size: fc.nat(5_000),
      level: fc.integer({ min: 1, max: 150 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(event, { maxLength: 300 }),
        (highest, events) => {
          const limit = new AutoLimit(highest);
          let old = limit.started(1);
          for (const { what, ms, size, level } of events) {
            const ticket = limit.started(Math.min(level, limit.limit));
            if (what === "ok") limit.succeeded(ticket, { ms, size });
            if (what === "refused") limit.throttled(ticket);
            if (what === "allowed") limit.allowedAtOnce(level);
            if (what === "old") limit.throttled(old);
            if (what !== "old") old = ticket;
            expect(Number.isSafeInteger(limit.limit)).toBe(true);
            expect(limit.limit).toBeGreaterThanOrEqual(1);
            expect(limit.limit).toBeLessThanOrEqual(highest);
            if (limit.found !== undefined) expect(limit.found).toBeGreaterThanOrEqual(1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
