import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import type { Call } from "../core/call.ts";
import { DubberError, type ErrorCode } from "../core/error.ts";
import type { Attempt, SchedulerOptions } from "./contract.ts";
import { scheduleAsks } from "./schedule-asks.ts";
import { type FakeServiceOptions, fakeService } from "./testing/fake-service.ts";

/** What the check does when it is asked, in turn; the last for ever. */
type Step = { readonly afterMs?: number; readonly error?: ErrorCode | Error };

function open(
  steps: readonly Step[],
  service: Omit<FakeServiceOptions, "clock" | "check"> = {},
  options: SchedulerOptions = {},
) {
  const clock = new VirtualClock();
  const asked: { at: number; signal: AbortSignal | undefined }[] = [];
  const check = async ({ signal }: Call = {}) => {
    const { afterMs = 0, error } = steps[Math.min(asked.length, steps.length - 1)] ?? {};
    asked.push({ at: clock.now(), signal });
    if (afterMs === Number.POSITIVE_INFINITY) await new Promise(() => {});
    await clock.sleep(afterMs, signal ? { signal } : {});
    if (typeof error === "string") throw new DubberError(error, `The check says ${error}.`);
    if (error !== undefined) throw error;
  };
  const engine = fakeService({ ...service, clock, check });
  const scheduled = scheduleAsks(engine, { ...options, clock });
  const attempts: Attempt[] = [];
  const onAttempt = (attempt: Attempt) => void attempts.push(attempt);
  const speak = (text = "Hello.", signal?: AbortSignal) =>
    scheduled.ask({ text, voice: "v" }, { onAttempt, ...(signal && { signal }) });
  const speakAll = async (count: number) => {
    const lines = Array.from({ length: count }, (_, at) => speak(`Line ${at}`));
    const ended = await clock.run(Promise.allSettled(lines));
    return ended.map((one) => (one.status === "rejected" ? one.reason.code : "ok"));
  };
  return { clock, asked, engine, scheduled, attempts, speak, speakAll };
}

describe("scheduleAsks: the question about the key", () => {
  it("is asked once, alone, before the first call; all wait for it and keep their order", async () => {
    const { asked, engine, speakAll } = open([{ afterMs: 400 }], {}, { limit: 50 });
    expect(await speakAll(20)).toEqual(Array(20).fill("ok"));
    expect(await speakAll(3)).toEqual(["ok", "ok", "ok"]);
    expect(asked.map(({ at }) => at)).toEqual([0]);
    expect(Math.min(...engine.received.map(({ at }) => at))).toBe(400);
    expect(engine.received.slice(0, 20).map(({ request }) => request.text)).toEqual(
      Array.from({ length: 20 }, (_, at) => `Line ${at}`),
    );
  });

  it.each<[ErrorCode]>([["key_refused"], ["key_missing"]])(
    "fails everybody with %s, is no call, and is asked again after a minute",
    async (error) => {
      const steps = [{ afterMs: 400, error }, { afterMs: 400, error }, {}];
      const { clock, asked, engine, scheduled, attempts, speakAll } = open(
        steps,
        {},
        { limit: 20 },
      );
      expect(await speakAll(60)).toEqual(Array(60).fill(error));
      await clock.advance(59_000);
      expect(await speakAll(20)).toEqual(Array(20).fill(error));
      expect(asked.length).toBe(1);
      await clock.advance(2_000);
      expect(await speakAll(20)).toEqual(Array(20).fill(error));
      expect(asked.length).toBe(2);
      expect(engine.received).toEqual([]);
      expect(scheduled.state().calls).toBe(0);
      expect(attempts).toEqual([]);
      await clock.advance(61_000);
      expect(await speakAll(20)).toEqual(Array(20).fill("ok"));
      expect(asked.length).toBe(3);
    },
  );

  it("is asked again a minute after a call in the middle met a refused key", async () => {
    const answer = ({ index }: { index: number }) =>
      index === 1 ? ({ error: "key_refused" } as const) : {};
    const { clock, asked, speakAll } = open([{}], { answer }, { limit: 1 });
    expect(await speakAll(3)).toEqual(["ok", "key_refused", "key_refused"]);
    await clock.advance(61_000);
    expect(await speakAll(2)).toEqual(["ok", "ok"]);
    expect(asked.length).toBe(2);
  });

  it.each<[ErrorCode | Error]>([["service_down"], ["engine_failed"], [new TypeError("broken")]])(
    "holds nobody back with %s, and is not asked again",
    async (error) => {
      const { asked, speakAll } = open([{ error }]);
      expect(await speakAll(3)).toEqual(["ok", "ok", "ok"]);
      expect(await speakAll(3)).toEqual(["ok", "ok", "ok"]);
      expect(asked.length).toBe(1);
    },
  );

  it.each([1e9, Number.POSITIVE_INFINITY])(
    "is given up after 5 s when it takes %d ms, also when it is deaf",
    async (afterMs) => {
      const { clock, asked, engine, speakAll } = open([{ afterMs }]);
      expect(await speakAll(3)).toEqual(["ok", "ok", "ok"]);
      expect(engine.received.map(({ at }) => at)).toEqual([5_000, 5_000, 5_000]);
      expect(asked[0]?.signal?.aborted).toBe(true);
      expect([asked.length, clock.sleeping]).toEqual([1, 0]);
    },
  );

  it("lets go at once whoever cancels, and ends with the last; the next one asks anew", async () => {
    const { clock, asked, engine, scheduled, speak } = open([{ afterMs: 1_000 }]);
    const reason = new Error("enough");
    const [first, second] = [new AbortController(), new AbortController()];
    const all = Promise.allSettled([speak("a", first.signal), speak("b", second.signal)]);
    await clock.advance(100);
    first.abort(reason);
    await clock.advance(0);
    expect(asked[0]?.signal?.aborted).toBe(false);
    second.abort(reason);
    expect(await clock.run(all)).toMatchObject([{ reason }, { reason }]);
    expect(clock.now()).toBe(100);
    expect(asked[0]?.signal?.aborted).toBe(true);
    expect([engine.received.length, scheduled.state().inFlight, clock.sleeping]).toEqual([0, 0, 0]);
    expect(getEventListeners(first.signal, "abort")).toEqual([]);
    await clock.run(speak());
    expect(asked.map(({ at }) => at)).toEqual([0, 100]);
  });

  it("ends when the scheduler is closed", async () => {
    const { clock, asked, engine, scheduled, speak } = open([{ afterMs: 1_000 }]);
    const call = expect(speak()).rejects.toMatchObject({ code: "engine_unavailable" });
    await clock.advance(100);
    await scheduled.close();
    await call;
    expect(asked[0]?.signal?.aborted).toBe(true);
    expect([engine.received.length, clock.sleeping]).toEqual([0, 0]);
  });

  it("is not put to an engine of this machine", async () => {
    const { asked, speakAll } = open([{ error: "key_refused" }], { place: "local", lanes: 2 });
    expect(await speakAll(3)).toEqual(["ok", "ok", "ok"]);
    expect(asked).toEqual([]);
  });
});
