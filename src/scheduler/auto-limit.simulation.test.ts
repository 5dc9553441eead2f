/** `auto` against simulated services: 500 calls of 200 ms, give or take 30 %, on a clock that jumps. */
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { scheduleAsks } from "./schedule-asks.ts";
import { fakeService, queueing, refusing } from "./testing/fake-service.ts";

const calls = 500;
const seeds = Array.from({ length: 10 }, (_, index) => index + 1);

type Simulation = {
  readonly server: "refusing" | "queueing";
  readonly capacity: number;
  readonly limit: number | "auto";
  readonly seed: number;
  /** What an earlier run found. */
  readonly known?: number | undefined;
};

async function simulate({ server, capacity, limit, seed, known }: Simulation) {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const answer =
    server === "refusing" ? refusing(capacity, random) : queueing(capacity, random, clock);
  const engine = fakeService({ clock, answer });
  let found: number | undefined;
  const scheduled = scheduleAsks(engine, {
    ...{ clock, limit, random: seededRandom(seed + 1_000) },
    memory: {
      load: async () => known,
      save: async (limit) => {
        found = limit;
      },
    },
  });
  let highest = 0;
  const onAttempt = () => {
    highest = Math.max(highest, scheduled.state().limit);
  };
  const results = await clock.run(
    Promise.all(
      Array.from({ length: calls }, (_, line) =>
        scheduled.ask({ text: `This is line ${line}.`, voice: "v" }, { onAttempt }),
      ),
    ),
  );
  const state = scheduled.state();
  const ms = clock.now();
  await scheduled.close();
  return {
    ...{ ms, found, highest, spoken: results.length, limit: state.limit },
    refused: state.throttled / state.calls,
  };
}

describe.each([3, 8, 20])("a service that refuses more than %i calls at once", (capacity) => {
  it.each(seeds)(
    "costs little time and few refusals to find out, and next to none next time (seed %i)",
    async (seed) => {
      const server = "refusing";
      const best = await simulate({ server, capacity, seed, limit: capacity });
      const auto = await simulate({ server, capacity, seed, limit: "auto" });
      expect(auto.spoken).toBe(calls);
      expect(auto.ms / best.ms).toBeLessThan(1.15);
      expect(auto.refused).toBeLessThan(0.03);
      expect(auto.found).toBe(capacity);

      const again = await simulate({ server, capacity, seed, limit: "auto", known: auto.found });
      expect(again.ms / best.ms).toBeLessThan(1.05);
      expect(again.refused).toBeLessThan(0.03);
    },
  );
});

describe("a service that lets more than 6 calls at once wait instead", () => {
  it.each(seeds)("is not given many more, and no less than it can do (seed %i)", async (seed) => {
    const capacity = 6;
    const server = "queueing";
    const best = await simulate({ server, capacity, seed, limit: capacity });
    const auto = await simulate({ server, capacity, seed, limit: "auto" });
    expect(auto.ms / best.ms).toBeLessThan(1.15);
    expect(auto.limit).toBeLessThanOrEqual(2 * capacity + 1);
    // For a moment it may be more: the answers that tell so take their time.
    expect(auto.highest).toBeLessThanOrEqual(3 * capacity);

    const again = await simulate({ server, capacity, seed, limit: "auto", known: auto.found });
    expect(again.highest).toBeLessThanOrEqual(2.5 * capacity);
  });
});
