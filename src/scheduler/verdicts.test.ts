import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { DubberError } from "../core/error.ts";
import { scheduleAsks } from "./schedule-asks.ts";
import { type Answer, fakeService, type Received } from "./testing/fake-service.ts";
import { Verdicts } from "./verdicts.ts";

const unknownVoice = new DubberError("unknown_voice", "No such voice.");
const keyRefused = new DubberError("key_refused", "No such key.");

describe("Verdicts", () => {
  it("keeps an unknown voice from those who want it, for a minute", () => {
    const verdicts = new Verdicts();
    expect(verdicts.learn(unknownVoice, "a", 10)).toBe("aspect");
    expect([verdicts.of("a", 60_009), verdicts.of("b", 10)]).toEqual([unknownVoice, undefined]);
    expect(verdicts.of("a", 60_010)).toBeUndefined();
    expect(verdicts.forget(60_010)).toBeUndefined();
  });

  it("leaves a voice alone that has spoken: something else must be the matter", () => {
    const verdicts = new Verdicts();
    verdicts.answered("a");
    expect(verdicts.learn(unknownVoice, "a", 0)).toBe("nobody");
    expect(verdicts.of("a", 0)).toBeUndefined();
    expect(verdicts.learn(unknownVoice, "b", 0)).toBe("aspect");
  });

  it("keeps the first error for everybody, tells when it has run out, and then takes another", () => {
    const verdicts = new Verdicts();
    const later = new DubberError("key_refused", "Again.");
    expect(verdicts.learn(keyRefused, "a", 0)).toBe("everybody");
    verdicts.learn(later, "a", 100);
    expect(verdicts.of("b", 59_999)).toBe(keyRefused);
    expect(verdicts.forget(59_999)).toBeUndefined();
    expect(verdicts.forget(60_000)).toBe(keyRefused);
    verdicts.learn(later, "a", 60_000);
    expect(verdicts.of("b", 60_001)).toBe(later);
  });
});

describe("scheduleAsks: a voice nobody has", () => {
  function open(answer: (received: Received) => Answer, limit = 5) {
    const clock = new VirtualClock();
    const engine = fakeService({ clock, answer });
    const scheduled = scheduleAsks(engine, { clock, limit, random: () => 0.5 });
    const speakAll = async (...voices: string[]) => {
      const lines = voices.map((voice, at) => scheduled.ask({ text: `Line ${at}`, voice }));
      const ended = await clock.run(Promise.allSettled(lines));
      return ended.map((one) => (one.status === "rejected" ? one.reason.code : "ok"));
    };
    return { clock, engine, speakAll };
  }
  const times = (count: number, voice: string) => Array<string>(count).fill(voice);

  it.each([
    [30, 1],
    // Longer than the others wait for the first call.
    [400, 5],
  ])("costs a batch, at %i ms for an answer, %i of its requests", async (afterMs, cost) => {
    const { clock, engine, speakAll } = open(() => ({ error: "unknown_voice", afterMs }));
    expect(await speakAll(...times(100, "x"))).toEqual(times(100, "unknown_voice"));
    expect(await speakAll("x")).toEqual(["unknown_voice"]);
    expect(engine.received.length).toBe(cost);
    await clock.advance(61_000);
    expect(await speakAll("x")).toEqual(["unknown_voice"]);
    expect(engine.received.length).toBe(cost + 1);
  });

  it("does not keep other voices from speaking", async () => {
    const { engine, speakAll } = open(({ request }) =>
      request.voice === "x" ? { error: "unknown_voice" } : {},
    );
    expect(await speakAll("x", "a", "x", "b", "x")).toEqual([
      ...["unknown_voice", "ok", "unknown_voice", "ok", "unknown_voice"],
    ]);
    expect(engine.received.map(({ request }) => request.voice)).toEqual(["x", "a", "b"]);
  });

  it("is not asked for again by a line that was refused for another reason meanwhile", async () => {
    const answer = ({ index }: Received): Answer =>
      index === 1
        ? { error: "rate_limited", afterMs: 500 }
        : { error: "unknown_voice", afterMs: 100 };
    const { engine, speakAll } = open(answer, 2);
    expect(await speakAll("x", "x")).toEqual(["unknown_voice", "unknown_voice"]);
    expect(engine.received.length).toBe(2);
  });
});
