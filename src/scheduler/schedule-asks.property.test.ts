import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { scheduleAsks } from "./schedule-asks.ts";
import { fakeService } from "./testing/fake-service.ts";

describe("scheduleAsks", () => {
  it("starts calls in the order they came, and never more than the limit at once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        async (durations, limit) => {
          const clock = new VirtualClock();
          const service = fakeService({
            clock,
            answer: ({ index }) => ({ afterMs: durations[index] ?? 0 }),
          });
          const scheduled = scheduleAsks(service, { clock, limit });
          const texts = durations.map((_, index) => `Line ${index}`);
          const results = await clock.run(
            Promise.all(texts.map((text) => scheduled.ask({ text, voice: "v" }))),
          );
          expect(results.map(({ audio }) => String.fromCharCode(...audio))).toEqual(texts);
          expect(service.received.map(({ request }) => request.text)).toEqual(texts);
          expect(service.mostInFlight).toBeLessThanOrEqual(limit);
          expect(clock.sleeping).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
