import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FairQueue, type Waiting } from "./fair-queue.ts";

const owners = ["ann", "bob", "cat", "dan"];
const cost = fc.integer({ min: 0, max: 6000 });
const step = fc.oneof(
  fc.record({ does: fc.constant("add" as const), owner: fc.constantFrom(...owners), cost }),
  fc.record({ does: fc.constant("next" as const) }),
  fc.record({ does: fc.constant("remove" as const), at: fc.nat() }),
);

describe("a fair queue", () => {
  it("loses no task and gives none twice, whatever is added, removed and taken", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new FairQueue();
        const waiting = new Set<string>();
        for (const [at, one] of steps.entries()) {
          if (one.does === "add") {
            const task = { id: `task_${at}`, owner: one.owner, cost: one.cost };
            queue.add({ ...task, createdAt: at * 1000, isUrgent: at % 7 === 0 });
            waiting.add(task.id);
          } else if (one.does === "remove") {
            const id = `task_${one.at % (at + 1)}`;
            expect(queue.remove(id)).toBe(waiting.delete(id));
          } else {
            const next = queue.next();
            expect(next === undefined).toBe(waiting.size === 0);
            if (next !== undefined) expect(waiting.delete(next.id)).toBe(true);
          }
          expect(queue.size).toBe(waiting.size);
        }
      }),
    );
  });

  it("gives owners who always have work waiting the same work, but for two turns", () => {
    const works = fc.array(fc.array(cost, { minLength: 100, maxLength: 100 }), {
      ...{ minLength: 2, maxLength: 5 },
    });
    fc.assert(
      fc.property(works, fc.integer({ min: 1, max: 90 }), (costs, turns) => {
        const queue = new FairQueue();
        for (const [owner, own] of costs.entries()) {
          for (const [at, one] of own.entries()) {
            const task = { id: `${owner} ${at}`, owner: `${owner}`, cost: one };
            queue.add({ ...task, createdAt: 0, isUrgent: false });
          }
        }
        const served = costs.map(() => 0);
        for (let turn = 0; turn < turns; turn++) {
          const { owner, cost: work } = queue.next() as Waiting;
          served[Number(owner)] = (served[Number(owner)] ?? 0) + 20 + Math.min(work, 4000);
        }
        expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(4020);
      }),
    );
  });
});
