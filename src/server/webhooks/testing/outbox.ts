/** An outbox in memory that remembers what became of each message. */
import type { FailedTry, Outbox, OutboxMessage } from "../outbox.ts";

export type KeptMessage = OutboxMessage & {
  readonly state: "open" | "delivered" | "given_up";
  readonly reason?: string;
};

export class MemoryOutbox implements Outbox {
  readonly messages = new Map<string, KeptMessage>();
  /** Called before each use; may throw what a store throws. */
  beforeUse: () => void = () => {};
  readonly #settled = Promise.withResolvers<void>();

  /** When no message is open any more. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  put({ id, url = "https://hooks.example/", ...message }: Partial<OutboxMessage> & { id: string }) {
    const { hostname: host } = new URL(url);
    const kept = { id, url, host, body: "{}", attempts: 0, dueAtMs: 0, state: "open" } as const;
    this.messages.set(id, { ...kept, ...message });
  }

  get open(): readonly KeptMessage[] {
    return [...this.messages.values()].filter(({ state }) => state === "open");
  }

  async due({ nowMs, limit, exceptIds, exceptHosts }: Parameters<Outbox["due"]>[0]) {
    this.beforeUse();
    return this.open
      .filter(({ dueAtMs }) => dueAtMs <= nowMs)
      .filter(({ id, host }) => !exceptIds.includes(id) && !exceptHosts.includes(host))
      .sort((one, other) => one.dueAtMs - other.dueAtMs)
      .slice(0, limit);
  }

  async nextDue(afterMs: number) {
    this.beforeUse();
    const later = this.open.map(({ dueAtMs }) => dueAtMs).filter((dueAtMs) => dueAtMs > afterMs);
    return later.length === 0 ? undefined : Math.min(...later);
  }

  async delivered(id: string) {
    this.beforeUse();
    this.#change(id, { state: "delivered" });
  }

  async failed(id: string, { attempts, dueAtMs, reason }: FailedTry) {
    this.beforeUse();
    const next = dueAtMs === undefined ? { state: "given_up" as const } : { dueAtMs };
    this.#change(id, { attempts, reason, ...next });
  }

  #change(id: string, change: Partial<KeptMessage>): void {
    const message = this.messages.get(id);
    if (message?.state !== "open") throw new Error(`${id} is ${message?.state ?? "unknown"}.`);
    this.messages.set(id, { ...message, ...change });
    if (this.open.length === 0) this.#settled.resolve();
  }
}
