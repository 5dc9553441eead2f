/** Whose task is next: the owners take turns by the work they get, and short tasks go before long ones that came a little earlier. */
import type { Owner } from "./contract.ts";
import { Heap, type Placed } from "./heap.ts";

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

type Entry = Placed & {
  readonly task: Waiting;
  readonly queue: OwnerQueue;
  readonly rank: number;
  /** Equal ranks go in the order they came. */
  readonly order: number;
};

type OwnerQueue = Placed & {
  readonly owner: Owner;
  readonly entries: Heap<Entry>;
  /** Work this owner has been given, in a measure that all owners share. */
  served: number;
  /** Of two that were served alike, the one whose last turn is longer ago is next. */
  turn: number;
};

/**
 * Start-time fair queueing between owners (Goyal, Vin, Cheng 1996), with the owner's measure of service moved up to the others' when it
 * comes back, so that nobody saves turns up. Within an owner, tasks are ranked by when they came plus 20 ms a character: short ones
 * pass, and long ones wait a bounded time. Each operation takes O(log n).
 */
export class FairQueue {
  /** Who has tasks waiting, and who has been given more than the others and waits for nothing. */
  readonly #owners = new Map<Owner, OwnerQueue>();
  readonly #turns = new Heap<OwnerQueue>((a, b) =>
    a.served !== b.served ? a.served < b.served : a.turn < b.turn,
  );
  readonly #waiting = new Map<string, Entry>();
  /** The measure of the owner who was served last; nobody in `#turns` has less. */
  #now = 0;
  #order = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** One with the id of another takes its place. */
  add(task: Waiting): void {
    this.remove(task.id);
    const queue = this.#owners.get(task.owner) ?? this.#join(task.owner);
    const bonus = task.isUrgent ? urgencyMs : 0;
    const rank = task.createdAt + task.cost * msPerCharacter - bonus;
    const entry = { task, queue, rank, order: this.#order++, place: 0 };
    queue.entries.add(entry);
    this.#waiting.set(task.id, entry);
  }

  /** False when it was not waiting. */
  remove(id: string): boolean {
    const entry = this.#waiting.get(id);
    entry?.queue.entries.remove(entry);
    return this.#waiting.delete(id);
  }

  /** The next task, which then is no longer waiting. */
  next(): Waiting | undefined {
    if (this.#waiting.size === 0) return undefined;
    for (;;) {
      const queue = this.#turns.first as OwnerQueue;
      const entry = queue.entries.first;
      if (entry !== undefined) return this.#serve(queue, entry.task);
      // The others have as much now: when this one comes back, nothing has to be remembered.
      this.#turns.remove(queue);
      this.#owners.delete(queue.owner);
    }
  }

  #serve(queue: OwnerQueue, task: Waiting): Waiting {
    this.remove(task.id);
    this.#now = queue.served;
    queue.served += turnCost + Math.min(task.cost, mostTurnCost);
    queue.turn = this.#order++;
    this.#turns.moved(queue);
    return task;
  }

  #join(owner: Owner): OwnerQueue {
    const entries = new Heap<Entry>((a, b) =>
      a.rank !== b.rank ? a.rank < b.rank : a.order < b.order,
    );
    const queue = { owner, entries, served: this.#now, turn: this.#order++, place: 0 };
    this.#owners.set(owner, queue);
    this.#turns.add(queue);
    return queue;
  }
}
