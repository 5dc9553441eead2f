/** A task store under test, and what tests do with it again and again. */
import { expect } from "vitest";
import type { OutboxMessage } from "../../webhooks/outbox.ts";
import type { OutboxEntry, SubmitOptions, Task, TaskEnd, TaskStore } from "../contract.ts";
import { makeNewTask, start } from "./new-task.ts";

export type OpenStore = {
  readonly store: TaskStore;
  /** Messages that still have to be delivered. */
  outbox(): Promise<readonly OutboxMessage[]>;
  /** As when its process ends. */
  close(): Promise<void>;
};

/** Where a store keeps its tasks, from one opening to the next. */
export type StorePlace = {
  open(options: {
    readonly now: () => number;
    readonly makeMessage: (task: Task) => OutboxEntry;
  }): Promise<OpenStore>;
  remove(): Promise<void>;
};

export const noCaps: SubmitOptions = { mostWaiting: 1_000_000, mostOpen: 1_000_000 };
export const completed = {
  ...{ is: "completed", atMs: start + 5, result: { file: "x.wav" }, files: [] },
} as const satisfies TaskEnd;
export const failed = {
  ...{ is: "failed", atMs: start + 5, error: { code: "broken", message: "No." } },
} as const satisfies TaskEnd;

export function makeMessage(task: Task): OutboxEntry {
  return {
    ...{ id: `msg_${task.id}`, url: "https://hooks.example/a", host: "hooks.example" },
    body: JSON.stringify({ id: task.id, status: task.status }),
  };
}

export class StoreBench {
  /** Unix ms. */
  now = start;
  readonly #makePlace: () => Promise<StorePlace>;
  #place: StorePlace | undefined;
  #opened: OpenStore | undefined;

  constructor(makePlace: () => Promise<StorePlace>) {
    this.#makePlace = makePlace;
  }

  get store(): TaskStore {
    if (this.#opened === undefined) throw new Error("The store is not open.");
    return this.#opened.store;
  }

  /** An empty store. */
  async begin(): Promise<void> {
    this.now = start;
    this.#place = await this.#makePlace();
    await this.open();
  }

  async end(): Promise<void> {
    await this.close();
    await this.#place?.remove();
  }

  async open(message = makeMessage): Promise<void> {
    this.#opened = await this.#place?.open({ now: () => this.now, makeMessage: message });
  }

  async close(): Promise<void> {
    await this.#opened?.close();
    this.#opened = undefined;
  }

  async reopen(): Promise<void> {
    await this.close();
    await this.open();
  }

  async outbox(): Promise<readonly OutboxMessage[]> {
    return (await this.#opened?.outbox()) ?? [];
  }

  /** Accepted, without caps. */
  async submit(task: Partial<Task> = {}): Promise<Task> {
    const one = makeNewTask(task);
    expect(await this.store.submit(one, noCaps)).toEqual({ is: "accepted" });
    return (await this.store.get(one.id)) as Task;
  }

  async claim(): Promise<Task> {
    return (await this.store.claim(["speech", "dub"])) as Task;
  }

  async submitAndClaim(task: Partial<Task> = {}): Promise<Task> {
    const { id } = await this.submit(task);
    const claimed = await this.claim();
    expect(claimed.id).toBe(id);
    return claimed;
  }
}
