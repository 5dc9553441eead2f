/** Whose task is next: the owners take turns by the work they get, and short tasks go before long ones that came a little earlier. */
import type { Owner } from "./contract.ts";

export type Waiting = {
  readonly id: string;
  readonly owner: Owner;
  /** Of the work that is left, characters. */
  readonly cost: number;
  /** Unix ms. */
  readonly createdAt: number;
  /** Somebody is waiting on the line. */
  readonly isUrgent: boolean;
};

/** What a character costs a task in its owner's queue: a text of 10,000 lets short ones pass for 200 s, and no longer. */
const msPerCharacter = 20;
/** How much later than others a task may come whose client waits on the line, ms, and still go first. */
const urgencyMs = 60_000;
/** What a turn costs besides its characters, so that empty ones are not free. */
const turnCost = 20;
/** Longer work than that is done in several turns; a turn is charged for what it does. */
const mostTurnCost = 4000;

type OwnerQueue = {
  /** Binary heap by rank. */
  readonly heap: Ranked[];
  /** Work this owner has been given, in the shared measure of {@link FairQueue}. */
  served: number;
};
type Ranked = { readonly task: Waiting; readonly rank: number; readonly order: number };

/**
 * Start-time fair queueing between owners (Goyal, Vin, Cheng 1996), with the owner's measure of service moved up to the others' when it
 * comes back, so that nobody saves turns up. Within an owner, tasks are ranked by when they came plus 20 ms a character: short ones
 * pass, and long ones wait a bounded time.
 */
export class FairQueue {
  readonly #owners = new Map<Owner, OwnerQueue>();
  /** Ids that are waiting; what was removed stays in its heap until it comes up. */
  readonly #waiting = new Map<string, Waiting>();
  /** The measure of the owner who was served last. */
  #now = 0;
  #order = 0;

  get size(): number {
    return this.#waiting.size;
  }

  add(task: Waiting): void {
    const queue = this.#owners.get(task.owner) ?? { heap: [], served: this.#now };
    if (queue.heap.length === 0) queue.served = Math.max(queue.served, this.#now);
    this.#owners.set(task.owner, queue);
    this.#waiting.set(task.id, task);
    const bonus = task.isUrgent ? urgencyMs : 0;
    const rank = task.createdAt + task.cost * msPerCharacter - bonus;
    push(queue.heap, { task, rank, order: this.#order++ });
  }

  /** False when it was not waiting. */
  remove(id: string): boolean {
    return this.#waiting.delete(id);
  }

  /** The next task, which then is no longer waiting. */
  next(): Waiting | undefined {
    let chosen: OwnerQueue | undefined;
    for (const [owner, queue] of this.#owners) {
      this.#dropRemoved(queue.heap);
      if (queue.heap.length === 0) {
        // Who is ahead of the others stays so, also when the next task comes a moment later.
        if (queue.served <= this.#now) this.#owners.delete(owner);
      } else if (chosen === undefined || queue.served < chosen.served) chosen = queue;
    }
    if (chosen === undefined) return undefined;
    const { task } = pop(chosen.heap) as Ranked;
    this.#waiting.delete(task.id);
    this.#now = chosen.served;
    chosen.served += turnCost + Math.min(task.cost, mostTurnCost);
    return task;
  }

  #dropRemoved(heap: Ranked[]): void {
    // A task that was given back is a new object under its old id.
    while (heap[0] !== undefined && this.#waiting.get(heap[0].task.id) !== heap[0].task) pop(heap);
  }
}

function isBefore(a: Ranked, b: Ranked): boolean {
  return a.rank !== b.rank ? a.rank < b.rank : a.order < b.order;
}

function push(heap: Ranked[], item: Ranked): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(item, heap[parent] as Ranked)) break;
    heap[at] = heap[parent] as Ranked;
    at = parent;
  }
  heap[at] = item;
}

function pop(heap: Ranked[]): Ranked | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Ranked, heap[child] as Ranked))
      child++;
    if (!isBefore(heap[child] as Ranked, last)) break;
    heap[at] = heap[child] as Ranked;
    at = child;
  }
  heap[at] = last;
  return first;
}
