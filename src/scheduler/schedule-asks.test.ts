import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { DubberError, type ErrorCode } from "../core/error.ts";
import type { Askable, Attempt, Outage, SchedulerOptions } from "./contract.ts";
import { scheduleAsks } from "./schedule-asks.ts";
import { type Answer, type FakeServiceOptions, fakeService } from "./testing/fake-service.ts";

const almostOne = () => 1 - Number.EPSILON;

function open(service: Omit<FakeServiceOptions, "clock"> = {}, options: SchedulerOptions = {}) {
  const clock = new VirtualClock();
  const engine = fakeService({ ...service, clock });
  const attempts: Attempt[] = [];
  const scheduled = scheduleAsks(engine, { random: almostOne, ...options, clock });
  const onAttempt = (attempt: Attempt) => void attempts.push(attempt);
  const speak = (text = "Hello.", call: { signal?: AbortSignal; lineId?: string } = {}) =>
    scheduled.ask({ text, voice: "v" }, { ...call, onAttempt });
  /** Asks for so many lines at once; what each ended with. */
  const speakAll = (count: number) =>
    clock.run(Promise.allSettled(Array.from({ length: count }, (_, at) => speak(`Line ${at}`))));
  return { clock, engine, scheduled, attempts, speak, speakAll };
}

/** Answers in turn, the last for ever. */
function inTurn(...answers: Answer[]) {
  return ({ index }: { index: number }) => answers[Math.min(index, answers.length - 1)] ?? {};
}

const codes = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map((one) => (one.status === "rejected" ? (one.reason as DubberError).code : "ok"));

describe("scheduleAsks: options", () => {
  it.each<[keyof SchedulerOptions, number]>([
    ...[0, -1, Number.NaN, 1e9, 2.5, 1_001].map((limit) => ["limit", limit] as ["limit", number]),
    ...[-1, 0.5, Number.NaN].map((retries) => ["retries", retries] as ["retries", number]),
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY].flatMap((ms) => [
      ["callTimeoutMs", ms] as ["callTimeoutMs", number],
      ["outageMs", ms] as ["outageMs", number],
    ]),
  ])("refuses %s %s before anything is asked", (name, value) => {
    const engine = fakeService({ clock: new VirtualClock() });
    expect(() => scheduleAsks(engine, { [name]: value })).toThrow(
      expect.objectContaining({
        code: "invalid_options",
        message: expect.stringContaining(`${value}`),
      }),
    );
    expect(engine.received).toEqual([]);
  });

  it.each<[FakeServiceOptions["place"], number, SchedulerOptions["limit"], number, number]>([
    ["service", 50, undefined, 5, 11],
    ["service", 50, 200, 200, 254],
    ["service", 50, "auto", 2, 67],
    ["service", 5_000, "auto", 2, 129],
    ["local", 3, undefined, 3, 8],
    ["local", 3, 2, 2, 7],
    ["local", 3, "auto", 3, 8],
    ["local", 3, 500, 3, 8],
  ])(
    "a %s engine with %i lanes and limit %s begins with %i calls and has %i lanes",
    (place, lanes, limit, calls, wide) => {
      const { scheduled } = open(
        { place, lanes } as FakeServiceOptions,
        limit === undefined ? {} : { limit },
      );
      expect([scheduled.state().limit, scheduled.lanes]).toEqual([calls, wide]);
    },
  );
});

describe("scheduleAsks: turns", () => {
  it("keeps to the limit, and to the order in which it was asked", async () => {
    const { engine, speakAll, scheduled } = open(
      { answer: () => ({ afterMs: 100 }) },
      { limit: 3 },
    );
    expect(codes(await speakAll(20))).toEqual(Array(20).fill("ok"));
    expect(engine.mostInFlight).toBe(3);
    expect(engine.received.map(({ request }) => request.text)).toEqual(
      Array.from({ length: 20 }, (_, at) => `Line ${at}`),
    );
    expect(scheduled.state()).toEqual({
      inFlight: 0,
      limit: 3,
      calls: 20,
      retries: 0,
      throttled: 0,
    });
  });

  it.each([
    [40, 40],
    [900, 75],
  ])(
    "sends the first call alone: the others follow its answer after %i ms at %i ms",
    async (afterMs, at) => {
      const { engine, speakAll } = open({ answer: () => ({ afterMs }) });
      await speakAll(4);
      expect(engine.received.map((one) => one.at)).toEqual([0, at, at, at]);
    },
  );

  it("does not hold back an engine of this machine", async () => {
    const { engine, speakAll } = open({
      place: "local",
      lanes: 4,
      answer: () => ({ afterMs: 900 }),
    });
    await speakAll(4);
    expect(engine.received.map((one) => one.at)).toEqual([0, 0, 0, 0]);
  });

  it.each<[ErrorCode]>([
    ["key_refused"],
    ["unknown_model"],
    ["quota_exhausted"],
    ["engine_unavailable"],
  ])("pays one request for %s: all others fail with it, also later ones", async (error) => {
    const { engine, speakAll, speak } = open({ answer: () => ({ error, afterMs: 30 }) });
    expect(codes(await speakAll(20))).toEqual(Array(20).fill(error));
    await expect(speak()).rejects.toMatchObject({ code: error });
    expect(engine.received.length).toBe(1);
  });

  it.each<[ErrorCode]>([["key_refused"], ["quota_exhausted"]])(
    "asks nothing more for a minute when %s comes in the middle",
    async (error) => {
      const answer = inTurn({}, { error }, {});
      const { clock, engine, speakAll } = open({ answer }, { limit: 1 });
      expect(codes(await speakAll(4))).toEqual(["ok", error, error, error]);
      expect(engine.received.length).toBe(2);
      await clock.advance(59_000);
      expect(codes(await speakAll(1))).toEqual([error]);
      await clock.advance(2_000);
      expect(codes(await speakAll(2))).toEqual(["ok", "ok"]);
      expect(engine.received.length).toBe(4);
    },
  );

  it("lets other lines be when a service that has spoken refuses a model", async () => {
    const answer = inTurn({}, { error: "unknown_model" }, {});
    const { speakAll } = open({ answer }, { limit: 1 });
    expect(codes(await speakAll(4))).toEqual(["ok", "unknown_model", "ok", "ok"]);
  });

  it("auto halves when a service says 503, and goes where it says it may go", async () => {
    const overloaded = { error: "service_down", reply: { status: 503 } } as const;
    const memory = { load: async () => 12, save: async () => {} };
    const { speakAll, scheduled, attempts } = open(
      { answer: inTurn({}, overloaded, { afterMs: 10 }, { reply: { allowedAtOnce: 9 } }) },
      { limit: "auto", memory },
    );
    await speakAll(2);
    expect(scheduled.state()).toMatchObject({ limit: 1, throttled: 0 });
    expect(attempts.map(({ limit }) => limit)).toEqual([12, 12, 1]);
    await speakAll(1);
    expect(scheduled.state().limit).toBe(9);
  });

  it("lowers a chosen limit to what the service says it allows", async () => {
    const answer = () => ({ afterMs: 70, reply: { allowedAtOnce: 2 } });
    const { engine, speakAll, scheduled } = open({ answer }, { limit: 10 });
    await speakAll(20);
    expect([engine.mostInFlight, scheduled.state().limit]).toEqual([2, 2]);
  });
});

describe("scheduleAsks: another try", () => {
  it("tries a failure again, later and later, and gives its slot away meanwhile", async () => {
    const failing = { error: "service_down" } as const;
    const { engine, clock, speak, attempts } = open(
      { answer: inTurn(failing, {}, failing, failing, {}) },
      { limit: 1 },
    );
    const [first] = await clock.run(Promise.all([speak("a"), speak("b")]));
    expect(first?.audio.length).toBe(1);
    expect(engine.received.map(({ request, at }) => [request.text, Math.round(at)])).toEqual([
      ["a", 0],
      ["b", 0],
      ["a", 500],
      ["a", 1_500],
      ["a", 3_500],
    ]);
    expect(
      attempts
        .filter(({ characters }) => characters === 1)
        .map(({ retryInMs }) => Math.round(retryInMs ?? 0)),
    ).toEqual([...[500, 0, 1_000, 2_000, 0]]);
  });

  it("lets a retry go before new calls", async () => {
    const answer = ({ index }: { index: number }): Answer =>
      index === 0 ? { error: "service_down" } : { afterMs: 300 };
    const { engine, speakAll } = open({ answer }, { limit: 1 });
    await speakAll(6);
    expect(engine.received.map(({ request }) => request.text.at(-1))).toEqual([..."0120345"]);
  });

  it.each([0, 1, 4])("gives up after %i retries, with the last error", async (retries) => {
    const { engine, clock, speak } = open(
      { answer: () => ({ error: "service_down" }) },
      { retries },
    );
    await expect(clock.run(speak())).rejects.toMatchObject({
      code: "service_down",
      message: "The fake service says service_down.",
    });
    expect(engine.received.length).toBe(retries + 1);
  });

  it("does not try again what no retry can mend", async () => {
    const { engine, clock, speak } = open({
      answer: inTurn({}, { error: "engine_failed" }, { error: "unknown_voice" }),
    });
    await clock.run(speak());
    await expect(clock.run(speak())).rejects.toMatchObject({ code: "engine_failed" });
    await expect(clock.run(speak())).rejects.toMatchObject({ code: "unknown_voice" });
    expect(engine.received.length).toBe(3);
  });

  it("makes a DubberError of anything else an engine throws", async () => {
    const thrown = new TypeError("x is not a function");
    const { clock, speak } = open({ answer: () => ({ thrown }) });
    await expect(clock.run(speak())).rejects.toMatchObject({
      code: "engine_failed",
      cause: thrown,
    });
  });

  it("takes an engine that throws instead of rejecting for a failed one, and leaves nothing behind", async () => {
    const clock = new VirtualClock();
    const engine = fakeService({ clock });
    engine.ask = () => {
      throw new Error("at once");
    };
    const scheduled = scheduleAsks(engine, { clock });
    const { signal } = new AbortController();
    await expect(
      clock.run(scheduled.ask({ text: "Hello.", voice: "v" }, { signal })),
    ).rejects.toMatchObject({ code: "engine_failed" });
    expect([scheduled.state().inFlight, clock.sleeping]).toEqual([0, 0]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("does not count refusals as tries: twenty of them, and one retry allowed", async () => {
    const refusals = Array<Answer>(20).fill({ error: "rate_limited", reply: { retryAfterMs: 1 } });
    const { clock, speak, scheduled } = open(
      { answer: inTurn({}, ...refusals, {}) },
      { retries: 1, random: () => 0, outageMs: 1e6 },
    );
    await clock.run(speak());
    expect((await clock.run(speak())).audio.length).toBe(6);
    expect(scheduled.state()).toMatchObject({ calls: 22, retries: 20, throttled: 20 });
  });

  it("leaves refusals too to a caller who allowed no retry", async () => {
    const { engine, clock, speak } = open(
      { answer: inTurn({}, { error: "rate_limited" }) },
      { retries: 0 },
    );
    await clock.run(speak());
    await expect(clock.run(speak())).rejects.toMatchObject({ code: "rate_limited" });
    expect(engine.received.length).toBe(2);
  });

  it("a 429 without Retry-After holds only its own call back", async () => {
    const { engine, speakAll } = open(
      { answer: inTurn({}, { error: "rate_limited" }, { afterMs: 10 }) },
      { limit: 1 },
    );
    await speakAll(3);
    expect(engine.received.map(({ request, at }) => [request.text, Math.round(at)])).toEqual([
      ["Line 0", 0],
      ["Line 1", 0],
      ["Line 2", 0],
      ["Line 1", 500],
    ]);
  });

  it.each<[ErrorCode, number, number]>([
    ["rate_limited", 5_000, 5_000],
    ["service_down", 5_000, 5_000],
    ["rate_limited", 3_600_000, 60_000],
  ])(
    "%s with a Retry-After of %i ms stops all new calls for %i ms",
    async (error, retryAfterMs, at) => {
      const { engine, speakAll } = open(
        { answer: inTurn({}, { error, reply: { retryAfterMs } }, {}) },
        { limit: 1 },
      );
      expect(codes(await speakAll(4))).toEqual(Array(4).fill("ok"));
      expect(engine.received.map((one) => one.at)).toEqual([0, 0, at, at, at]);
    },
  );

  it("gives up a call that takes too long, tells the engine, and tries it again", async () => {
    const { engine, clock, speak, attempts } = open(
      { answer: inTurn({ afterMs: "never" }, { afterMs: "deaf" }, {}) },
      { callTimeoutMs: 2_500 },
    );
    await clock.run(speak());
    expect(engine.received.map(({ signal }) => signal?.aborted)).toEqual([true, true, false]);
    expect(attempts.map(({ outcome, ms }) => [outcome, ms])).toEqual([
      ["service_down", 2_500],
      ["service_down", 2_500],
      ["ok", 0],
    ]);
    expect(attempts[0]?.message).toContain("2.5 s");
    expect(clock.sleeping).toBe(0);
  });
});

describe("scheduleAsks: a service that is down", () => {
  /** Down from `from` until `until`, ms. */
  const down = (from: number, until: number, options: SchedulerOptions = {}) => {
    const told: Outage[] = [];
    const bench: ReturnType<typeof open> = open(
      {
        answer: ({ at }): Answer =>
          at >= from && at < until
            ? { error: "service_down", afterMs: 20, reply: "none" }
            : { afterMs: 20 },
      },
      { limit: 4, outageMs: 100_000, onOutage: (outage) => told.push(outage), ...options },
    );
    return { ...bench, told };
  };

  it("loses no line in an outage shorter than its patience, asks little, and tells of both ends once", async () => {
    const { speakAll, told, engine } = down(1, 90_000, { limit: 10, retries: 1 });
    expect(codes(await speakAll(30))).toEqual(Array(30).fill("ok"));
    expect(told).toEqual([
      { isDown: true, patienceMs: 100_000, message: expect.stringContaining("fake") },
      { isDown: false, afterMs: expect.any(Number) },
    ]);
    expect(engine.received.filter(({ at }) => at < 90_000).length).toBeLessThan(32);
    const probes = engine.received.filter(({ at }) => at > 5_000 && at < 90_000);
    expect(probes.every(({ inFlight }) => inFlight === 1)).toBe(true);
  });

  it("fails everything that waits after that, at once, and everything later until a probe succeeds", async () => {
    const { clock, speakAll, speak, engine, told } = down(1, 200_000);
    const results = await speakAll(30);
    expect(codes(results)).toEqual(["ok", ...Array(29).fill("service_down")]);
    const { reason } = results[29] as PromiseRejectedResult;
    expect(reason).toMatchObject({
      retryable: true,
      message: expect.stringContaining("down for 100 s"),
    });
    expect(clock.now()).toBeLessThan(102_000);

    const before = engine.received.length;
    const later = await Promise.allSettled(
      [speak(), speak(), speak()].map((one) => clock.run(one)),
    );
    expect(codes(later)).toEqual(Array(3).fill("service_down"));
    expect(engine.received.length).toBeLessThanOrEqual(before + 1);

    await clock.advance(100_000);
    expect(codes(await speakAll(10))).toEqual(Array(10).fill("ok"));
    expect(told.length).toBe(2);
  });

  it("fails everything likewise when every call is refused for that long", async () => {
    const { clock, speakAll } = open(
      { answer: inTurn({}, { error: "rate_limited" }) },
      { outageMs: 50_000 },
    );
    const results = await speakAll(40);
    expect(codes(results)).toEqual(["ok", ...Array(39).fill("service_down")]);
    expect((results[39] as PromiseRejectedResult).reason.message).toContain(
      "refused every call for 50 s",
    );
    expect(clock.now()).toBe(50_000);
  });

  it("does not lose patience while nobody waits", async () => {
    const refused = { error: "rate_limited" } as const;
    const { clock, speak } = open({ answer: inTurn({}, refused, refused, {}) });
    await clock.run(speak());
    const stop = new AbortController();
    const first = Promise.allSettled([speak("x", { signal: stop.signal })]);
    await clock.advance(100);
    stop.abort();
    await clock.run(first);
    await clock.advance(600_000);
    expect((await clock.run(speak("later"))).audio.length).toBe(5);
  });

  it("goes on after a pause although timers are late and somebody leaves just then", async () => {
    const clock = new VirtualClock();
    const late = {
      now: () => clock.now(),
      sleep: (ms: number, call?: { signal?: AbortSignal }) => clock.sleep(ms + 50, call),
    };
    const pause = { error: "service_down", reply: { retryAfterMs: 5_000 } } as const;
    const engine = fakeService({ clock, answer: inTurn({}, pause, {}) });
    const scheduled = scheduleAsks(engine, { clock: late, limit: 1 });
    const speak = (text: string, signal?: AbortSignal) =>
      scheduled.ask({ text, voice: "v" }, signal ? { signal } : {});
    await clock.run(speak("first"));
    const [refused, leaving] = [new AbortController(), new AbortController()];
    const gone = Promise.allSettled([speak("a", refused.signal), speak("b", leaving.signal)]);
    const stays = speak("stays");
    await clock.advance(100);
    refused.abort();
    await clock.advance(4_920);
    leaving.abort();
    expect((await clock.run(stays)).audio.length).toBe(5);
    await gone;
  });

  it("needs no close to let a process end: without calls nothing sleeps", async () => {
    const { clock, speak } = down(0, 1e9);
    const stop = new AbortController();
    const calls = Array.from({ length: 12 }, () => speak("x", { signal: stop.signal }));
    const all = Promise.allSettled(calls);
    await clock.advance(5_000);
    stop.abort();
    await clock.run(all);
    expect(clock.sleeping).toBe(0);
  });
});

describe("scheduleAsks: cancellation and the end", () => {
  it("rejects with the signal's reason wherever the call is, also in an engine that is deaf", async () => {
    const answer = inTurn(
      {},
      { error: "rate_limited", reply: { retryAfterMs: 0 } },
      { afterMs: "deaf" },
    );
    const { clock, speak, engine, scheduled, attempts } = open({ answer }, { limit: 1 });
    await clock.run(speak());
    const stop = new AbortController();
    const reason = new Error("enough");
    const { signal } = stop;
    const sleeping = speak("sleeping", { signal });
    const running = speak("running", { signal });
    const waiting = speak("waiting", { signal });
    const all = Promise.allSettled([sleeping, running, waiting]);
    await clock.advance(10);
    stop.abort(reason);
    const now = clock.now();
    for (const one of await clock.run(all)) expect(one).toMatchObject({ reason });
    expect(clock.now()).toBe(now);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["ok", "rate_limited", "aborted"]);
    expect(engine.received.length).toBe(3);
    expect(engine.received[2]?.signal?.reason).toBe(reason);
    expect([scheduled.state().inFlight, clock.sleeping]).toEqual([0, 0]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await expect(speak("late", { signal })).rejects.toBe(reason);
  });

  it("closing ends all calls and the engine, once", async () => {
    const { clock, speak, engine, scheduled } = open(
      { answer: () => ({ afterMs: "deaf" }) },
      { limit: 1 },
    );
    const all = Promise.allSettled([speak(), speak(), speak()]);
    await clock.advance(10);
    await Promise.all([scheduled.close(), scheduled.close()]);
    await scheduled[Symbol.asyncDispose]();
    expect(codes(await clock.run(all))).toEqual(Array(3).fill("engine_unavailable"));
    await expect(speak()).rejects.toMatchObject({ code: "engine_unavailable" });
    expect([engine.closings, clock.sleeping]).toEqual([1, 0]);
  });

  it("keeps what auto has found as soon as it has held for a good stretch", async () => {
    const saved: number[] = [];
    const memory = {
      load: async () => undefined,
      save: async (limit: number) => void saved.push(limit),
    };
    const answer = ({ inFlight }: { inFlight: number }): Answer =>
      inFlight > 4 ? { error: "rate_limited" } : { afterMs: 200 };
    const { scheduled, speakAll } = open({ answer }, { limit: "auto", memory });
    await speakAll(150);
    expect(saved).toEqual([4]);
    await scheduled.close();
    expect(saved).toEqual([4]);
  });

  it("remembers what auto has found, and begins with it; a broken memory disturbs nobody", async () => {
    const saved: number[] = [];
    const memory = { load: async () => 7, save: async (limit: number) => void saved.push(limit) };
    const { scheduled, speakAll, engine } = open(
      { answer: () => ({ afterMs: 200 }) },
      { limit: "auto", memory },
    );
    await speakAll(7);
    expect(engine.mostInFlight).toBe(7);
    await scheduled.close();
    expect(saved).toEqual([7]);

    const broken = {
      load: () => Promise.reject(new Error("no")),
      save: () => Promise.reject(new Error("no")),
    };
    const other = open({}, { limit: "auto", memory: broken });
    await other.speakAll(5);
    await other.scheduled.close();
  });
});

describe("scheduleAsks: what it tells", () => {
  it("tells of every try what came of it", async () => {
    const reply = { bytes: 1_234 };
    const { clock, scheduled } = open({
      answer: inTurn({ error: "rate_limited", afterMs: 5 }, { afterMs: 7, reply }),
    });
    const attempts: Attempt[] = [];
    const replies: number[] = [];
    await clock.run(
      scheduled.ask(
        { text: "Hello.", voice: "v" },
        {
          lineId: "7",
          onAttempt: (attempt) => attempts.push(attempt),
          onReply: ({ status }) => replies.push(status),
        },
      ),
    );
    const both = { engine: "fake", lineId: "7", characters: 6, limit: 5, inFlight: 1 };
    expect(attempts).toEqual([
      {
        ...both,
        attempt: 1,
        outcome: "rate_limited",
        status: 429,
        ms: 5,
        bytes: 100,
        message: "The fake service says rate_limited.",
        retryInMs: expect.closeTo(500),
      },
      { ...both, attempt: 2, outcome: "ok", status: 200, ms: expect.closeTo(7), bytes: 1_234 },
    ]);
    expect(replies).toEqual([429, 200]);
  });

  it("counts the sound's bytes of an engine that asks nobody, and knows no status", async () => {
    const { clock, speak, attempts } = open({ place: "local", lanes: 1 });
    await clock.run(speak("12345678"));
    expect(attempts).toEqual([
      {
        engine: "fake",
        lineId: "",
        attempt: 1,
        outcome: "ok",
        ms: 0,
        bytes: 16,
        characters: 8,
        limit: 1,
        inFlight: 1,
      },
    ]);
  });
});

describe("scheduleAsks: what is not a voice", () => {
  /** Hears seconds of sound. */
  function openRecogniser(ask: Askable<number, string>["ask"], options: SchedulerOptions = {}) {
    const clock = new VirtualClock();
    const attempts: Attempt[] = [];
    const scheduled = scheduleAsks<number, string>(
      {
        ...{ name: "whisper", title: "The recogniser whisper", place: "service", lanes: 8 },
        ...{ unit: "seconds", ask, sizeOf: (seconds) => seconds, close: async () => {} },
      },
      { ...options, clock, random: almostOne },
    );
    const onAttempt = (attempt: Attempt) => void attempts.push(attempt);
    const hear = (seconds: number) =>
      clock.run(scheduled.ask(seconds, { lineId: "a", part: 3, onAttempt }));
    return { clock, scheduled, attempts, hear };
  }

  it("is logged with the seconds it was asked with, its part, and no bytes nobody counted", async () => {
    const { attempts, hear } = openRecogniser(async (seconds) => `${seconds} s`);
    expect(await hear(29.5)).toBe("29.5 s");
    expect(attempts).toEqual([
      {
        ...{ engine: "whisper", lineId: "a", part: 3, attempt: 1, outcome: "ok", ms: 0 },
        ...{ bytes: 0, characters: 0, seconds: 29.5, limit: 5, inFlight: 1 },
      },
    ]);
  });

  it.each<[string, Askable<number, string>["ask"], SchedulerOptions, string]>([
    ["fails", () => Promise.reject(new Error("no")), {}, "The recogniser whisper failed: no"],
    [
      "is slow",
      () => new Promise(() => {}),
      { callTimeoutMs: 2_000, retries: 0 },
      "The recogniser whisper did not answer within 2 s.",
    ],
    [
      "is down",
      () => Promise.reject(new DubberError("service_down", "Gone.", { retryable: true })),
      { retries: 99, outageMs: 9_000 },
      "The recogniser whisper has been down for 9 s. Gone.",
    ],
  ])("is named by its title when it %s", async (_, ask, options, message) => {
    const { hear } = openRecogniser(ask, options);
    await expect(hear(1)).rejects.toMatchObject({ name: "DubberError", message });
  });

  it("is named by its title when it is closed", async () => {
    const { hear, scheduled } = openRecogniser(async () => "");
    await scheduled.close();
    await expect(hear(1)).rejects.toMatchObject({
      code: "engine_unavailable",
      message: "The recogniser whisper is closed.",
    });
  });

  it("fails nobody else with an error about a voice", async () => {
    let asked = 0;
    const { hear } = openRecogniser(async () => {
      asked += 1;
      throw new DubberError("unknown_voice", "No such voice.");
    });
    for (let call = 0; call < 2; call++) {
      await expect(hear(1)).rejects.toMatchObject({ code: "unknown_voice" });
    }
    expect(asked).toBe(2);
  });
});
