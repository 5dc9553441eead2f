import { describe, expect, it } from "vitest";
import { type Entry, Gate } from "./gate.ts";

const outageMs = 100_000;

function openGate({ isPastFirst = true, isGuarded = true } = {}) {
  const gate = new Gate({ isGuarded, outageMs });
  if (isPastFirst) gate.ended(gate.started(0), "ok", { now: 0 });
  return gate;
}

/** Fails eight calls at `now`; the gate is shut then. */
function fail(gate: Gate, now: number) {
  const entries = Array.from({ length: 8 }, () => gate.started(now));
  return entries.map((entry) => gate.ended(entry, "failed", { now }));
}

describe("Gate", () => {
  it("lets the first call go alone for 75 ms, or until it is answered", () => {
    const gate = openGate({ isPastFirst: false });
    expect(gate.mayStart(10)).toBe(true);
    const first = gate.started(10);
    expect(gate.mayStart(84)).toBe(false);
    expect(gate.nextChange(10)).toBe(85);
    expect(gate.mayStart(85)).toBe(true);
    gate.ended(first, "answered", { now: 20 });
    expect(gate.mayStart(20)).toBe(true);
    expect(gate.nextChange(20)).toBeUndefined();
  });

  it("lets the next call go alone when the first has told nothing", () => {
    const gate = openGate({ isPastFirst: false });
    gate.ended(gate.started(0), "unheard", { now: 5 });
    expect(gate.mayStart(5)).toBe(true);
    expect(gate.started(5).isFirst).toBe(true);
    expect(gate.mayStart(5)).toBe(false);
  });

  it("obeys a Retry-After for everybody, a minute at most", () => {
    const gate = openGate();
    gate.ended(gate.started(0), "refused", { now: 0, pauseMs: 7_000 });
    expect([gate.mayStart(6_999), gate.mayStart(7_000)]).toEqual([false, true]);
    gate.ended(gate.started(7_000), "failed", { now: 7_000, pauseMs: 3_600_000 });
    expect([gate.mayStart(66_999), gate.mayStart(67_000)]).toEqual([false, true]);
  });

  it("shuts after eight failures in a row, and says so once", () => {
    const gate = openGate();
    const turns = fail(gate, 0);
    expect(turns.slice(0, 7)).toEqual(Array(7).fill(undefined));
    expect(turns[7]).toEqual({ is: "down" });
    expect(fail(gate, 1)).toEqual(Array(8).fill(undefined));
    expect(gate.isDown).toBe(true);
  });

  it("does not count refusals as failures, nor failures with a success between them", () => {
    const gate = openGate();
    for (let round = 0; round < 50; round++) {
      gate.ended(gate.started(round), "refused", { now: round });
      gate.ended(gate.started(round), "failed", { now: round });
      if (round % 7 === 6) gate.ended(gate.started(round), "ok", { now: round });
    }
    expect(gate.isDown).toBe(false);
  });

  it("then probes with one call at a time, after 1, 2, 4, 8 and then every 10 s", () => {
    const gate = openGate();
    fail(gate, 0);
    let now = 0;
    for (const seconds of [1, 2, 4, 8, 10, 10]) {
      const due = now + seconds * 1_000;
      expect(gate.nextChange(now)).toBe(due);
      expect([gate.mayStart(due - 1), gate.mayStart(due)]).toEqual([false, true]);
      const probe = gate.started(due);
      expect(gate.mayStart(due + 1e6)).toBe(false);
      now = due + 500;
      gate.ended(probe, seconds === 4 ? "refused" : "failed", { now });
    }
  });

  it("lets somebody else probe at once when a probe was cancelled", () => {
    const gate = openGate();
    fail(gate, 0);
    gate.ended(gate.started(1_000), "unheard", { now: 1_200 });
    expect(gate.mayStart(1_200)).toBe(true);
  });

  it("opens again with any success, also of a call that set off long before", () => {
    const gate = openGate();
    const slow = gate.started(0);
    fail(gate, 10);
    const probe = gate.started(1_010);
    expect(gate.ended(slow, "ok", { now: 1_500 })).toEqual({ is: "back", afterMs: 1_490 });
    expect(gate.mayStart(1_500)).toBe(true);
    fail(gate, 2_000);
    // The old probe is no probe of this outage: it does not count as one.
    gate.ended(probe, "failed", { now: 2_100 });
    expect(gate.nextChange(2_100)).toBe(3_000);
  });

  it.each<["refused" | "failed"]>([["refused"], ["failed"]])(
    "loses patience after the outage time when every call is %s, until one succeeds",
    (ending) => {
      const gate = openGate();
      for (let call = 0; call < 8; call++) gate.ended(gate.started(50), ending, { now: 50 });
      expect(gate.tick(50 + outageMs - 1)).toBe(false);
      expect(gate.isGivenUp).toBe(false);
      expect(gate.tick(50 + outageMs)).toBe(true);
      expect(gate.isGivenUp).toBe(true);
      expect(gate.tick(51 + outageMs)).toBe(false);
      const entry: Entry = gate.started(60 + outageMs + 10_000);
      gate.ended(entry, "ok", { now: 60 + outageMs + 11_000 });
      expect(gate.isGivenUp).toBe(false);
    },
  );

  it("has its patience anew when nobody waited meanwhile, or nobody came for a minute after it ended", () => {
    const gate = openGate();
    gate.ended(gate.started(0), "refused", { now: 0 });
    gate.asleep();
    expect(gate.tick(2 * outageMs)).toBe(false);
    gate.ended(gate.started(2 * outageMs), "refused", { now: 2 * outageMs });
    expect(gate.tick(3 * outageMs)).toBe(true);
    gate.asleep();
    gate.awake(2 * outageMs + 59_999);
    expect(gate.isGivenUp).toBe(true);
    gate.awake(2 * outageMs + 60_000);
    expect(gate.isGivenUp).toBe(false);
    expect(gate.isDown).toBe(true);
  });

  it("does not watch an engine of this machine", () => {
    const gate = openGate({ isPastFirst: false, isGuarded: false });
    gate.started(0);
    expect(gate.mayStart(0)).toBe(true);
    fail(gate, 0);
    expect(gate.isDown).toBe(false);
  });
});
