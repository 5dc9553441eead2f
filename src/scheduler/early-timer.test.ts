import { expect, it } from "vitest";
import type { Clock } from "../core/clock.ts";
import type { Askable } from "./contract.ts";
import { scheduleAsks } from "./schedule-asks.ts";

/** Time passes with every look at it, and timers ring `earlyMs` too early, as real ones do by less than a millisecond. */
function creepingClock(earlyMs: number): Clock {
  let time = 0;
  return {
    now() {
      time += 0.001;
      return time;
    },
    sleep(ms, { signal } = {}) {
      return new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        // Longer ones are deadlines and patience, which end nothing here.
        if (ms > 1_000) return;
        setImmediate(() => {
          time += Math.max(0, ms - earlyMs);
          resolve();
        });
      });
    },
  };
}

/** So fine that one of them rings between any two looks at the time. */
const earlyBy = Array.from({ length: 200 }, (_, index) => index * 0.0005);

it("lets the others follow a first call that hangs, however early its timer rings", async () => {
  const asked = await Promise.all(earlyBy.map(callsBesideOneThatHangs));
  expect(asked).toEqual(earlyBy.map(() => 8));
});

/** @returns how many of eight calls reach an engine that answers none. */
async function callsBesideOneThatHangs(earlyMs: number): Promise<number> {
  let asked = 0;
  const hanging: Askable<string, never> = {
    ...{ name: "hanging", title: "The fake service", place: "service", lanes: 8 },
    ask(_, call) {
      asked += 1;
      return new Promise((_resolve, reject) => {
        call?.signal?.addEventListener("abort", () => reject(call.signal?.reason), {
          once: true,
        });
      });
    },
    sizeOf: () => 1,
    close: async () => {},
  };
  const scheduled = scheduleAsks(hanging, { limit: 8, clock: creepingClock(earlyMs) });
  const end = new AbortController();
  const calls = Array.from({ length: 8 }, (_, index) =>
    scheduled.ask(`Line ${index}`, end).catch(() => {}),
  );
  for (let turn = 0; turn < 50 && asked < 8; turn++) await new Promise(setImmediate);
  end.abort();
  await Promise.all(calls);
  return asked;
}
