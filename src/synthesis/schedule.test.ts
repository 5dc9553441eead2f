import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import type { Attempt, SchedulerOptions } from "../scheduler/contract.ts";
import type { Answer } from "../scheduler/testing/fake-service.ts";
import { scheduleCalls } from "./schedule.ts";
import { type FakeEngineOptions, fakeServiceEngine } from "./testing/fake-service-engine.ts";
import { recordedTone } from "./testing/recorded-tone.ts";

const almostOne = () => 1 - Number.EPSILON;

function open(service: Omit<FakeEngineOptions, "clock"> = {}, options: SchedulerOptions = {}) {
  const clock = new VirtualClock();
  const engine = fakeServiceEngine({ ...service, clock });
  const attempts: Attempt[] = [];
  const scheduled = scheduleCalls(engine, { random: almostOne, ...options, clock });
  const onAttempt = (attempt: Attempt) => void attempts.push(attempt);
  const speak = (text = "Hello.", call: { signal?: AbortSignal; lineId?: string } = {}) =>
    scheduled.speak({ text, voice: "v" }, { ...call, onAttempt });
  return { clock, engine, scheduled, attempts, speak };
}

/** Answers in turn, the last for ever. */
function inTurn(...answers: Answer[]) {
  return ({ index }: { index: number }) => answers[Math.min(index, answers.length - 1)] ?? {};
}

describe("scheduleCalls", () => {
  it("is the engine as to everything else", async () => {
    const { scheduled, engine } = open();
    const { name, version, place, features } = scheduled;
    expect({ name, version, place, features }).toEqual({
      ...{ name: "fake", version: "1", place: "service", features: engine.features },
    });
    expect(await scheduled.voices()).toEqual([]);
  });
});

describe("scheduleCalls: recordings", () => {
  it("takes a recording the service does not like for a voice of its own", async () => {
    const { clock, scheduled, engine } = open(
      {
        hasCloning: true,
        answer: ({ request }) =>
          request.recording?.text === "bad" ? { error: "unknown_voice", afterMs: 10 } : {},
      },
      { limit: 1 },
    );
    const [bad, good] = [recordedTone(200), recordedTone(300)];
    const speak = (recording: { wav: Uint8Array; text?: string }) =>
      scheduled.speak({ text: "Hello.", voice: "v", recording });
    const outcomes = await clock.run(
      Promise.allSettled([
        speak({ ...bad, text: "bad" }),
        speak({ ...bad, text: "bad" }),
        speak(good),
        scheduled.speak({ text: "Hello.", voice: "v" }),
      ]),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...["rejected", "rejected", "fulfilled", "fulfilled"],
    ]);
    // The second of the two was not even asked for.
    expect(engine.received.length).toBe(3);
  });

  it("asks an engine that speaks with none for nothing, whatever it would say", async () => {
    const { scheduled, engine } = open();
    const call = scheduled.speak({ text: "Hello.", voice: "v", recording: recordedTone(200) });
    await expect(call).rejects.toMatchObject({
      code: "engine_unsupported",
      message: expect.stringContaining("fake"),
    });
    expect(engine.received).toEqual([]);
  });

  it("gives every part of a long text its recording", async () => {
    const { clock, scheduled, engine } = open({ hasCloning: true, maxCharacters: 15 });
    const recording = recordedTone(200);
    const text = "One is here. Two is there.";
    await clock.run(scheduled.speak({ text, voice: "", recording }));
    expect(engine.received.map(({ request }) => request.recording)).toEqual([recording, recording]);
  });

  it("hands on what keeps voices, and has nothing of it where the engine has not", async () => {
    const { engine, scheduled } = open();
    expect(scheduled.addVoice ?? scheduled.removeVoice).toBeUndefined();
    const kept: string[] = [];
    const keeping = Object.assign(engine, {
      async addVoice(this: unknown, { name }: { name: string }) {
        expect(this).toBe(keeping);
        kept.push(name);
        return "id";
      },
      async removeVoice(id: string) {
        kept.push(`not ${id}`);
      },
    });
    const { addVoice, removeVoice } = scheduleCalls(keeping);
    expect(await addVoice?.({ name: "Anna", recording: recordedTone(200) })).toBe("id");
    await removeVoice?.("id");
    expect(kept).toEqual(["Anna", "not id"]);
  });
});

describe("scheduleCalls: long texts", () => {
  const text = "One is here. Two is there. Three is far.";

  it("speaks a text in parts, several at once, each with its neighbours, and joins them", async () => {
    const { clock, scheduled, engine } = open({
      maxCharacters: 15,
      hasContext: true,
      answer: () => ({ afterMs: 70, warnings: ["w"] }),
    });
    const attempts: Attempt[] = [];
    const request = { text, voice: "v", seed: 3, previousText: "Before.", nextText: "After." };
    const { audio, warnings } = await clock.run(
      scheduled.speak(request, { lineId: "9", onAttempt: (attempt) => attempts.push(attempt) }),
    );
    const both = { voice: "v", seed: 3 };
    expect(engine.received.map((one) => one.request)).toEqual([
      { ...both, text: "One is here.", previousText: "Before.", nextText: "Two is there." },
      { ...both, text: "Two is there.", previousText: "One is here.", nextText: "Three is far." },
      { ...both, text: "Three is far.", previousText: "Two is there.", nextText: "After." },
    ]);
    expect(engine.mostInFlight()).toBe(2);
    expect(audio.length).toBe(12 + 13 + 13 + 2 * 960);
    expect(warnings).toEqual(["w"]);
    expect(attempts.map(({ lineId, part }) => [lineId, part])).toEqual([
      ["9", 1],
      ["9", 2],
      ["9", 3],
    ]);
  });

  it("tells an engine that does not carry the tone over nothing of the neighbours", async () => {
    const { clock, speak, engine } = open({ maxCharacters: 15 });
    await clock.run(speak(text));
    expect(engine.received.map((one) => one.request)).toContainEqual({
      text: "Two is there.",
      voice: "v",
    });
  });

  it("tries a part again by itself, and fails as a whole when one part does, ending the others", async () => {
    const mended = open({ maxCharacters: 15, answer: inTurn({}, { error: "service_down" }, {}) });
    await mended.clock.run(mended.speak(text));
    expect(mended.engine.received.length).toBe(4);

    const { clock, speak, attempts, scheduled } = open({
      maxCharacters: 15,
      answer: inTurn({}, { error: "unknown_voice", afterMs: 50 }, { afterMs: "deaf" }),
    });
    await expect(clock.run(speak(text))).rejects.toMatchObject({ code: "unknown_voice" });
    await clock.advance(0);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["ok", "unknown_voice", "aborted"]);
    expect(scheduled.state().inFlight).toBe(0);
  });

  it("refuses parts at different rates", async () => {
    const { clock, speak } = open({
      maxCharacters: 15,
      answer: inTurn({}, { sampleRate: 16_000 }),
    });
    await expect(clock.run(speak(text))).rejects.toMatchObject({ code: "engine_failed" });
  });

  it("leaves no listener on the caller's signal", async () => {
    const { clock, speak } = open({ maxCharacters: 15 });
    const { signal } = new AbortController();
    await clock.run(speak(text, { signal }));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
