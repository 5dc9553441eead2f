import { describe, expect, it } from "vitest";
import { FairQueue, type Waiting } from "./fair-queue.ts";

let count = 0;
const task = (one: Partial<Waiting> = {}): Waiting => ({
  ...{ id: `task_${count++}`, owner: "ann", cost: 100, createdAt: 0, isUrgent: false, ...one },
});

function drain(queue: FairQueue, most = Number.POSITIVE_INFINITY): Waiting[] {
  const drained: Waiting[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) {
    drained.push(next);
    if (drained.length === most) break;
  }
  return drained;
}

function queueOf(tasks: readonly Waiting[]): FairQueue {
  const queue = new FairQueue();
  for (const one of tasks) queue.add(one);
  return queue;
}

const many = (length: number, one: Partial<Waiting>) => Array.from({ length }, () => task(one));
const ownersOf = (tasks: readonly Waiting[]) => tasks.map(({ owner }) => owner).join(" ");
const idsOf = (tasks: readonly Waiting[]) => tasks.map(({ id }) => id);

describe("a fair queue", () => {
  it("gives one owner's tasks in the order they came", () => {
    const tasks = Array.from({ length: 50 }, (_, at) => task({ createdAt: at }));
    expect(drain(queueOf(tasks))).toEqual(tasks);
  });

  it("lets owners take turns, whoever came first with how many", () => {
    const queue = queueOf([...many(4, { owner: "ann" }), ...many(2, { owner: "bob" })]);
    expect(ownersOf(drain(queue))).toBe("ann bob ann bob ann ann");
  });

  it("counts a turn by its work: who sends long texts gets fewer turns", () => {
    const long = many(10, { owner: "ann", cost: 1000 });
    const short = many(100, { owner: "bob", cost: 100 });
    const first = drain(queueOf([...long, ...short]), 40);
    const work = (owner: string) =>
      first.filter((one) => one.owner === owner).reduce((sum, { cost }) => sum + cost, 0);
    expect(Math.abs(work("ann") - work("bob"))).toBeLessThanOrEqual(2000);
    expect(first.filter(({ owner }) => owner === "bob").length).toBeGreaterThan(25);
  });

  it("takes who comes late at once, however many an owner has waiting", () => {
    const queue = queueOf(many(1000, { owner: "ann" }));
    drain(queue, 10);
    const late = task({ owner: "bob", createdAt: 99_999 });
    queue.add(late);
    expect(drain(queue, 2)).toContain(late);
  });

  it("lets nobody save up turns by asking for nothing", () => {
    const queue = queueOf([...many(1, { owner: "bob" }), ...many(100, { owner: "ann" })]);
    drain(queue, 60);
    for (const one of many(40, { owner: "bob" })) queue.add(one);
    const owners = drain(queue, 20).filter(({ owner }) => owner === "bob");
    expect(owners.length).toBeGreaterThanOrEqual(9);
    expect(owners.length).toBeLessThanOrEqual(11);
  });

  it("remembers who has just been given much when the next task comes a moment later", () => {
    const queue = queueOf([task({ owner: "ann", cost: 4000 }), ...many(3, { owner: "bob" })]);
    expect(ownersOf(drain(queue, 2))).toBe("ann bob");
    queue.add(task({ owner: "ann" }));
    expect(ownersOf(drain(queue))).toBe("bob bob ann");
  });

  it("lets a short text pass a long one that came a little earlier, and no further", () => {
    const long = task({ cost: 10_000, createdAt: 0 });
    const soon = task({ cost: 100, createdAt: 150_000 });
    const later = task({ cost: 100, createdAt: 250_000 });
    expect(drain(queueOf([long, soon, later]))).toEqual([soon, long, later]);
  });

  it("has a long text wait for a bounded time under a stream of short ones", () => {
    const queue = queueOf([task({ id: "long", cost: 5000, createdAt: 0 })]);
    let at = 0;
    for (;;) {
      // One short text a second, and one task done a second.
      queue.add(task({ cost: 50, createdAt: at }));
      if (queue.next()?.id === "long") break;
      at += 1000;
    }
    expect(at).toBeLessThanOrEqual(5000 * 20 + 2000);
  });

  it("takes first what somebody waits for on the line", () => {
    const calm = task({ createdAt: 0 });
    const urgent = task({ createdAt: 50_000, isUrgent: true });
    expect(drain(queueOf([calm, urgent]))).toEqual([urgent, calm]);
    const early = task({ createdAt: 0 });
    const late = task({ createdAt: 70_000, isUrgent: true });
    expect(drain(queueOf([early, late]))).toEqual([early, late]);
  });

  it("never gives what was removed", () => {
    const tasks = many(9, {});
    const queue = queueOf(tasks);
    for (const { id } of [tasks[0], tasks[4], tasks[8]] as Waiting[]) {
      expect(queue.remove(id)).toBe(true);
      expect(queue.remove(id)).toBe(false);
    }
    expect(queue.size).toBe(6);
    const left = tasks.filter((_, at) => at % 4 !== 0);
    expect(idsOf(drain(queue))).toEqual(idsOf(left));
    expect(queue.remove(tasks[1]?.id ?? "")).toBe(false);
  });

  it("gives a task once that was added again under its id, as it was added last", () => {
    const before = task({ id: "same", cost: 5000 });
    const after = { ...before, cost: 1000 };
    expect(drain(queueOf([before, after]))).toEqual([after]);
  });

  it("lives through 100,000 tasks of 10,000 owners, every one of them removed or given once", () => {
    const tasks = Array.from({ length: 100_000 }, (_, at) =>
      task({ owner: `owner ${at % 10_000}`, cost: at % 977, createdAt: at }),
    );
    const queue = queueOf(tasks);
    for (const { id } of tasks.filter((_, at) => at % 3 === 0)) queue.remove(id);
    const given = idsOf(drain(queue));
    expect(new Set(given).size).toBe(given.length);
    expect(given.toSorted()).toEqual(idsOf(tasks.filter((_, at) => at % 3 !== 0)).toSorted());
    expect(queue.size).toBe(0);
  });
});
