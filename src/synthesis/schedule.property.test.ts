/** Whatever a service does and whoever gives up: nothing hangs, nothing is lost, no slot stays taken. */
import { getEventListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { DubberError } from "../core/error.ts";
import type { Answer } from "../scheduler/testing/fake-service.ts";
import { scheduleCalls } from "./schedule.ts";
import { fakeServiceEngine } from "./testing/fake-service-engine.ts";

const answers: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ afterMs: fc.integer({ min: 0, max: 400 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      afterMs: fc.integer({ min: 0, max: 300 }),
      error: fc.constantFrom("service_down" as const, "rate_limited" as const),
      reply: fc.oneof(
        fc.constant("none" as const),
        fc.record({ retryAfterMs: fc.integer({ min: 0, max: 90_000 }) }),
        fc.record({ status: fc.constant(503), allowedAtOnce: fc.integer({ min: 1, max: 9 }) }),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      afterMs: fc.integer({ min: 0, max: 300 }),
      error: fc.constantFrom(
        "unknown_voice" as const,
        "invalid_text" as const,
        "key_refused" as const,
        "quota_exhausted" as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ afterMs: fc.constantFrom("never" as const, "deaf" as const) }),
  },
  { weight: 1, arbitrary: fc.constant({ thrown: new Error("a bug") }) },
);

const lines = fc.array(
  fc.record({
    /** When it is asked for, and when it is given up again. */
    afterMs: fc.integer({ min: 0, max: 3_000 }),
    cancelAfterMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined, freq: 3 }),
    isLong: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

describe("scheduleCalls under random faults", () => {
  it("ends every call exactly once, within the limit, with every slot given back", async () => {
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.array(answers, { minLength: 1, maxLength: 60 }),
        fc.constantFrom<(number | "auto")[]>(1, 2, 5, "auto"),
        fc.integer({ min: 0, max: 4 }),
        fc.nat(),
        fc.option(fc.integer({ min: 0, max: 30_000 }), { nil: undefined, freq: 5 }),
        async (asked, script, limit, retries, seed, closeAfterMs) => {
          const clock = new VirtualClock();
          const engine = fakeServiceEngine({
            ...{ clock, lanes: 8, maxCharacters: 20 },
            answer: ({ index }) => script[index % script.length] ?? {},
          });
          const scheduled = scheduleCalls(engine, {
            ...{ clock, limit, retries, random: seededRandom(seed) },
            ...{ callTimeoutMs: 1_000, outageMs: 20_000 },
          });
          let most = 0;
          let ends = 0;
          const highest = limit === "auto" ? 8 : limit;
          const signals: AbortSignal[] = [];
          const speak = async ({ afterMs, cancelAfterMs, isLong }: (typeof asked)[number]) => {
            await clock.sleep(afterMs);
            const stop = new AbortController();
            signals.push(stop.signal);
            const reason = new Error("given up");
            if (cancelAfterMs !== undefined) {
              void clock.sleep(cancelAfterMs).then(() => stop.abort(reason));
            }
            const call = {
              signal: stop.signal,
              onAttempt: () => {
                most = Math.max(most, scheduled.state().inFlight);
              },
            };
            const text = isLong ? "One is here. Two is there. Three is far." : "Hello.";
            try {
              const { audio } = await scheduled.speak({ text, voice: "v" }, call);
              expect(audio.length).toBeGreaterThan(0);
            } catch (error) {
              if (error !== reason) expect(error).toBeInstanceOf(DubberError);
              else expect(stop.signal.aborted).toBe(true);
            }
            ends += 1;
          };
          const all = Promise.all(asked.map(speak));
          if (closeAfterMs !== undefined) {
            void clock.sleep(closeAfterMs).then(() => scheduled.close());
          }
          await clock.run(all);
          await clock.advance(0);
          expect(ends).toBe(asked.length);
          expect(most).toBeLessThanOrEqual(highest);
          expect(scheduled.state().inFlight).toBe(0);
          for (const signal of signals) expect(getEventListeners(signal, "abort")).toEqual([]);
          await clock.advance(1e6);
          await scheduled.close();
          expect(clock.sleeping).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
