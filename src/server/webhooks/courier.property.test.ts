import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../test/support/seeded-random.ts";
import { VirtualClock } from "../../../test/support/virtual-clock.ts";
import { Courier } from "./courier.ts";
import type { Delivery } from "./deliver.ts";
import type { OutboxMessage } from "./outbox.ts";
import { MemoryOutbox } from "./testing/outbox.ts";

describe("the courier under failures", () => {
  it("delivers or gives up every message, loses none, and never tries more often than the schedule", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fc.record({ host: fc.nat(4), dueAtMs: fc.nat(100_000) }), { maxLength: 40 }),
        fc.constantFrom(0, 0.3, 0.8, 1),
        fc.constantFrom(0, 0.2),
        fc.nat(3),
        async (seed, messages, failing, breaking, restarts) => {
          const random = seededRandom(seed);
          const clock = new VirtualClock();
          const outbox = new MemoryOutbox();
          outbox.beforeUse = () => {
            if (random() < breaking) throw new Error("The disk is full.");
          };
          const answered = new Map<string, Delivery[]>();
          const tries = new Map<string, number>();
          const busy: string[] = [];
          let tooMany = 0;
          const deliver = async (
            message: Pick<OutboxMessage, "id" | "url">,
            { signal }: { signal: AbortSignal },
          ): Promise<Delivery> => {
            const { id, url } = message;
            tries.set(id, (tries.get(id) ?? 0) + 1);
            busy.push(url);
            if (busy.length > 8 || busy.filter((one) => one === url).length > 2) tooMany += 1;
            try {
              await clock.sleep(random() * 10_000, { signal });
              const delivery = chance(random, failing);
              answered.set(id, [...(answered.get(id) ?? []), delivery]);
              return delivery;
            } finally {
              busy.splice(busy.indexOf(url), 1);
            }
          };
          messages.forEach(({ host, dueAtMs }, index) => {
            outbox.put({ id: `msg_${index}`, url: `https://${host}.example/`, dueAtMs });
          });
          const start = () => new Courier({ outbox, deliver, clock, random });
          let courier = start();
          for (let restart = 0; restart < restarts; restart++) {
            await clock.advance(random() * 60_000);
            await clock.run(courier.close({ graceMs: random() * 5000 }));
            courier = start();
          }
          if (messages.length > 0) await clock.run(outbox.settled);
          await clock.run(courier.close());

          expect([outbox.open, tooMany, clock.sleeping]).toEqual([[], 0, 0]);
          for (const [id, { state, attempts }] of outbox.messages) {
            const outcomes = (answered.get(id) ?? []).map(({ outcome }) => outcome);
            // What it ended with is what was noted; each restart may break one try off, or one note.
            expect(state).toBe(outcomes.at(-1) === "delivered" ? "delivered" : "given_up");
            expect(attempts).toBeLessThanOrEqual(10);
            expect(tries.get(id)).toBeLessThanOrEqual(10 + restarts);
            const isEarly = outcomes.at(-1) === "failed" && attempts < 10;
            expect(isEarly).toBe(false);
            const ends = outcomes.filter((outcome) => outcome !== "failed");
            expect(ends.length).toBeLessThanOrEqual(1 + (breaking > 0 ? restarts : 0));
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

function chance(random: () => number, failing: number): Delivery {
  if (random() >= failing) return { outcome: "delivered", status: 200 };
  if (random() < 0.05) return { outcome: "hopeless", status: 410, reason: "Gone." };
  const retryAfterMs = random() < 0.3 ? random() * 7_200_000 : undefined;
  return { outcome: "failed", reason: "It failed.", retryAfterMs };
}
