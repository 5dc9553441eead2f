import { getEventListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slots } from "./slots.ts";

const { signal } = new AbortController();

function openSlots(limit: { now: number }) {
  const slots: Slots<true> = new Slots(() => (slots.inFlight < limit.now ? true : undefined));
  return slots;
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("Slots", () => {
  it("lets calls in by the order they came, retries before all others", async () => {
    const limit = { now: 0 };
    const slots = openSlots(limit);
    const entered: string[] = [];
    for (const [name, isRetry] of [
      ["new 1", false],
      ["new 2", false],
      ["retry 1", true],
      ["retry 2", true],
    ] as const) {
      void slots.acquire({ isRetry, signal }).then(() => entered.push(name));
    }
    await settled();
    expect(entered).toEqual([]);
    limit.now = 1;
    slots.advance();
    for (let turn = 0; turn < 3; turn++) {
      await settled();
      slots.release();
    }
    await settled();
    expect(entered).toEqual(["retry 1", "retry 2", "new 1", "new 2"]);
  });

  it("lets nobody in above a limit that has sunk until enough have left", async () => {
    const limit = { now: 3 };
    const slots = openSlots(limit);
    for (let call = 0; call < 5; call++) void slots.acquire({ isRetry: false, signal });
    expect(slots.inFlight).toBe(3);
    limit.now = 1;
    slots.release();
    slots.release();
    expect(slots.inFlight).toBe(1);
    slots.release();
    expect(slots.inFlight).toBe(1);
  });

  it("forgets a call that is cancelled while it waits, and leaves no listener behind", async () => {
    const limit = { now: 0 };
    const slots = openSlots(limit);
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    const left = slots.acquire({ isRetry: false, signal: stop.signal });
    const other = new AbortController();
    const stays = slots.acquire({ isRetry: false, signal: other.signal });
    stop.abort(reason);
    await expect(left).rejects.toBe(reason);
    limit.now = 1;
    slots.advance();
    await stays;
    expect(slots.inFlight).toBe(1);
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
    expect(getEventListeners(other.signal, "abort")).toEqual([]);
  });

  it("never exceeds the limit, keeps the order and loses nobody, whoever comes, goes or gives up", async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant("come" as const), isRetry: fc.boolean() }),
        fc.record({ do: fc.constant("leave" as const) }),
        fc.record({ do: fc.constant("cancel" as const), whom: fc.nat(20) }),
        fc.record({ do: fc.constant("limit" as const), to: fc.integer({ min: 0, max: 5 }) }),
      ),
      { maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const limit = { now: 2 };
        const slots = openSlots(limit);
        const waiting: { id: number; isRetry: boolean; stop: AbortController }[] = [];
        let running = 0;
        let ids = 0;
        const check = () => {
          // Whoever should have been let in by now: the first retries, then the first others.
          while (running < limit.now && waiting.length > 0) {
            const retry = waiting.findIndex(({ isRetry }) => isRetry);
            expected.push(waiting.splice(Math.max(retry, 0), 1)[0]?.id ?? -1);
            running += 1;
          }
          expect(slots.inFlight).toBe(running);
        };
        const expected: number[] = [];
        const entered: number[] = [];
        for (const step of plan) {
          if (step.do === "come") {
            const one = { id: ids++, isRetry: step.isRetry, stop: new AbortController() };
            waiting.push(one);
            slots.acquire({ isRetry: step.isRetry, signal: one.stop.signal }).then(
              () => entered.push(one.id),
              () => {},
            );
          } else if (step.do === "leave" && running > 0) {
            running -= 1;
            slots.release();
          } else if (step.do === "cancel") {
            const [one] = waiting.splice(step.whom, 1);
            one?.stop.abort();
          } else if (step.do === "limit") {
            limit.now = step.to;
            slots.advance();
          }
          check();
        }
        await settled();
        expect(entered).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
