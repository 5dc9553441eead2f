/**
 * The rules of everything that asks a service, whatever it asks for, as a test suite to run on it: how a service fails, and what becomes of
 * keys and signals. Not a test by itself.
 */
import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type {
  FakeService,
  FakeServiceOptions,
} from "../../../test/support/services/fake-service.ts";
import type { Fault } from "../../../test/support/services/fault.ts";
import type { Call } from "../../core/call.ts";
import type { DubberError, ErrorCode } from "../../core/error.ts";
import type { AskCall, ServiceReply } from "../../core/service-reply.ts";

/** What each fault becomes: the code, and whether another try may help. */
type Outcome = readonly [code: ErrorCode, retryable: boolean];
type Failing = { readonly fault: Fault; readonly outcome: Outcome };

/** What is open to a service. */
export type Asking = {
  /** Asks one good question, always the same; its answer takes more than 16 bytes, and is the same for every try. */
  ask(call?: AskCall): Promise<unknown>;
  check?(call?: Call): Promise<void>;
  close(): Promise<void>;
};

export type ServiceConformanceOptions = {
  readonly start: (options: FakeServiceOptions) => Promise<FakeService>;
  /** @param url of the fake, or where nobody is. */
  readonly open: (url: string, key: string) => Promise<Asking>;
  /** False for a service without keys. */
  readonly hasKey?: boolean;
  /** Faults that mean something else to this service, by {@link nameOf}. */
  readonly outcomes?: Readonly<Record<string, Outcome>>;
};

const key = "sk-test-0123456789abcdefABCDEF";

const status = (code: number): Fault => ({ kind: "status", status: code });
const failing: readonly Failing[] = [
  { fault: status(302), outcome: ["engine_failed", false] },
  { fault: status(400), outcome: ["engine_failed", false] },
  { fault: status(401), outcome: ["key_refused", false] },
  { fault: status(403), outcome: ["key_refused", false] },
  { fault: status(404), outcome: ["engine_failed", false] },
  { fault: status(408), outcome: ["service_down", true] },
  { fault: status(409), outcome: ["service_down", true] },
  { fault: status(413), outcome: ["engine_failed", false] },
  { fault: status(422), outcome: ["engine_failed", false] },
  { fault: status(429), outcome: ["rate_limited", true] },
  { fault: status(500), outcome: ["service_down", true] },
  { fault: status(502), outcome: ["service_down", true] },
  { fault: status(503), outcome: ["service_down", true] },
  { fault: status(529), outcome: ["service_down", true] },
  { fault: { kind: "reset" }, outcome: ["service_down", true] },
  { fault: { kind: "cut" }, outcome: ["service_down", true] },
  { fault: { kind: "html" }, outcome: ["engine_failed", true] },
  { fault: { kind: "empty" }, outcome: ["engine_failed", true] },
  { fault: { kind: "odd" }, outcome: ["engine_failed", true] },
  { fault: { kind: "short" }, outcome: ["engine_failed", true] },
];
const harmless: readonly Fault[] = [
  { kind: "slow", ms: 30 },
  { kind: "drip", ms: 1 },
];
const endless: readonly Fault[] = [
  { kind: "hang" },
  { kind: "slow", ms: 600_000 },
  { kind: "drip", ms: 600_000 },
];

/** Declares the suite. */
export function describeAsking(
  name: string,
  { start, open, hasKey = true, outcomes = {} }: ServiceConformanceOptions,
): void {
  describe(`${name} as a service`, () => {
    let fault: Fault | undefined;
    let fake: FakeService;
    let engine: Asking;
    let good: unknown;
    const opened: Asking[] = [];
    beforeAll(async () => {
      fake = await start({ key, fault: () => fault });
      engine = await open(fake.url, key);
      // Also done before a fault: what an engine asks only once.
      good = await engine.ask();
    });
    afterEach(async () => {
      fault = undefined;
      for (const one of opened.splice(0)) await one.close();
    });
    afterAll(async () => {
      await engine.close();
      await fake.close();
    });

    const named = failing.map((one) => ({ ...one, name: nameOf(one.fault) }));
    it.each(named)("understands $name", async ({ name: fault_, fault: wrong, outcome }) => {
      fault = wrong;
      const before = fake.requests.length;
      const [error, replies] = await failure(engine);
      const [code, retryable] = outcomes[fault_] ?? outcome;
      expect(error).toMatchObject({ name: "DubberError", code, retryable });
      expect(error.message).not.toBe("");
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(key);
      // Asked once, told once; a connection that broke before the head gave no answer.
      expect(fake.requests.length).toBe(before + 1);
      const expected = wrong.kind === "status" ? wrong.status : 200;
      expect(replies.map((reply) => reply.status)).toEqual(
        wrong.kind === "reset" ? [] : [expected],
      );
    });

    it.each(harmless.map((one) => ({ name: nameOf(one), one })))(
      "is not troubled by $name",
      async ({ one }) => {
        fault = one;
        expect(await engine.ask()).toEqual(good);
      },
    );

    it("works on after every fault", async () => {
      expect(await engine.ask()).toEqual(good);
    });

    it.each([
      [{ retryAfter: "7" }, 7000],
      [{ retryAfter: "1.5" }, 1500],
      [{ retryAfter: "7", headers: { "retry-after-ms": "250" } }, 250],
      [{ retryAfter: "Thu, 01 Jan 1970 00:00:00 GMT" }, 0],
      [{ retryAfter: "soon" }, undefined],
      [{}, undefined],
    ])("tells how long it is asked to wait: %j", async (said, ms) => {
      fault = { kind: "status", status: 429, ...said };
      const [, [reply]] = await failure(engine);
      expect(reply?.retryAfterMs).toBe(ms);
      expect(reply?.bytes).toBeGreaterThan(0);
    });

    it("shows what the service says: short, on one line, without anything like a key", async () => {
      const message = `Bad\nthing\u0007 with ${key} and sk-proj-abcdefgh***wxyz, ${"so on ".repeat(80)}`;
      fault = { kind: "status", status: 400, message };
      const [error] = await failure(engine);
      expect(error.message).toContain("Bad thing");
      expect(error.message).not.toMatch(/sk-|\p{Cc}/u);
      expect(error.message.length).toBeLessThan(260);
    });

    it.each(endless.map((one) => ({ name: nameOf(one), one })))(
      "ends the request at once when cancelled: $name",
      async ({ one }) => {
        fault = one;
        const reason = new Error("not needed any more");
        const controller = new AbortController();
        const call = engine.ask({ signal: controller.signal });
        const outcome = expect(call).rejects.toBe(reason);
        await vi.waitFor(() => expect(fake.inFlight).toBe(1));
        controller.abort(reason);
        await outcome;
        await vi.waitFor(() => expect(fake.inFlight).toBe(0));
        expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      },
    );

    it("leaves nothing on a signal that many calls share", async () => {
      const { signal } = new AbortController();
      await Promise.all(Array.from({ length: 20 }, () => engine.ask({ signal })));
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });

    it("ends calls under way when it is closed", async () => {
      const other = await another(fake.url, key);
      await other.ask();
      fault = { kind: "hang" };
      const outcome = expect(other.ask()).rejects.toMatchObject({ code: "engine_unavailable" });
      await vi.waitFor(() => expect(fake.inFlight).toBe(1));
      await other.close();
      await outcome;
      await vi.waitFor(() => expect(fake.inFlight).toBe(0));
      await expect(other.ask()).rejects.toMatchObject({ code: "engine_unavailable" });
    });

    it("says that a service is down when nobody is there, or when nobody speaks TLS", async () => {
      const gone = await start({ key });
      await gone.close();
      for (const url of [gone.url, fake.url.replace("http:", "https:")]) {
        const [error, replies] = await failure(await another(url, key));
        expect(error).toMatchObject({ code: "service_down", retryable: true });
        expect(error.message).toContain(url.split("/")[2]);
        expect(replies).toEqual([]);
      }
    });

    const keyed = hasKey ? it : () => {};
    keyed("never repeats a key that was refused", async () => {
      const wrong = "sk-wrong-0123456789abcdef";
      const other = await another(fake.url, wrong);
      const [error] = await failure(other);
      expect(error).toMatchObject({ code: "key_refused", retryable: false });
      expect(error.hint).toMatch(/_API_KEY/);
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("wrong-0123");
      const before = fake.requests.length + fake.lookups;
      const checked = await other.check?.().catch((thrown: unknown) => thrown);
      expect(checked).toMatchObject({ code: "key_refused", retryable: false });
      expect(inspect(checked, { depth: 20, showHidden: true })).not.toContain("wrong-0123");
      expect(fake.requests.length + fake.lookups).toBe(before + 1);
    });

    keyed("says nothing of a key when nobody is there, or when it is closed", async () => {
      const gone = await start({ key });
      await gone.close();
      const other = await another(gone.url, key);
      await other.check?.();
      await other.close();
      await expect(other.check?.()).rejects.toMatchObject({ code: "engine_unavailable" });
    });

    async function another(url: string, with_: string): Promise<Asking> {
      const other = await open(url, with_);
      opened.push(other);
      return other;
    }

    async function failure(by: Asking): Promise<[DubberError, ServiceReply[]]> {
      const replies: ServiceReply[] = [];
      const onReply = (reply: ServiceReply) => replies.push(reply);
      const error = await by.ask({ onReply }).then(
        () => expect.unreachable("it should have failed"),
        (thrown: DubberError) => thrown,
      );
      return [error, replies];
    }
  });
}

function nameOf(fault: Fault): string {
  return fault.kind === "status" ? `status ${fault.status}` : fault.kind;
}
