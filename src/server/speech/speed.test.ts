import { afterEach, describe, expect, it } from "vitest";
import { type FakeEngineOptions, makeFakeEngine } from "../../../test/support/fake-engine.ts";
import { shareSpeed } from "./speed.ts";
import { openSpeechBench, type SpeechBench } from "./testing/speech-bench.ts";

let bench: SpeechBench | undefined;
const close = async () => {
  await bench?.[Symbol.asyncDispose]();
  bench = undefined;
};
afterEach(close);

const elevenlabs = { min: 0.7, max: 1.2 };
const speak = async (
  speed: number,
  range: { min: number; max: number } | undefined,
  text: string,
) => {
  await close();
  const { speed: _, ...features } = makeFakeEngine().features;
  const options: FakeEngineOptions = { secondsPerCharacter: 0.05 };
  const engine = makeFakeEngine(options);
  bench = await openSpeechBench(
    Object.assign(engine, {
      features: range === undefined ? features : { ...features, speed: range },
    }),
  );
  const spoken = await bench.finish(await bench.begin({ text, speed }));
  return { spoken, asked: engine.asked.map((request) => request.speed) };
};

describe("a speed", () => {
  it("is the engine's as far as it goes, and the rest is stretched", () => {
    expect(shareSpeed(1.5, undefined)).toEqual({ asked: 1, rest: 1.5 });
    expect(shareSpeed(1.1, elevenlabs)).toEqual({ asked: 1.1, rest: 1 });
    expect(shareSpeed(1.5, elevenlabs)).toEqual({ asked: 1.2, rest: 1.5 / 1.2 });
    expect(shareSpeed(0.35, elevenlabs)).toEqual({ asked: 0.7, rest: 0.5 });
    expect(shareSpeed(1, undefined)).toEqual({ asked: 1, rest: 1 });
  });

  it("that the engine has not is kept all the same, to the sample and without a warning", async () => {
    const text = "A sentence of forty characters, or so it is.";
    const seconds = text.length * 0.05;
    for (const speed of [0.5, 0.8, 1.25, 2]) {
      const { spoken, asked } = await speak(speed, undefined, text);
      expect(asked).toEqual([undefined]);
      expect(spoken.duration).toBeCloseTo(seconds / speed, 3);
      expect(spoken.warnings).toEqual([]);
    }
  });

  it("beyond what the engine has is shared with it", async () => {
    const text = "A sentence of forty characters, or so it is.";
    const { spoken, asked } = await speak(2, elevenlabs, text);
    expect(asked).toEqual([1.2]);
    // This engine takes no notice of the speed it is asked for.
    expect(spoken.duration).toBeCloseTo((text.length * 0.05) / (2 / 1.2), 3);
  });

  it("within what the engine has is the engine's alone", async () => {
    const { spoken, asked } = await speak(1.1, elevenlabs, "Hello there.");
    expect(asked).toEqual([1.1]);
    expect(spoken.duration).toBeCloseTo(0.6, 6);
  });

  it("holds in every part of a long text, and is not stretched twice when it goes on", async () => {
    const text = Array.from(
      { length: 12 },
      (_, at) => `This is sentence number ${at} of many.`,
    ).join(" ");
    const { spoken } = await speak(1, undefined, text);
    const { spoken: quick, asked } = await speak(1.6, undefined, text);
    expect(asked.length).toBeGreaterThan(1);
    // Pauses between sentences stay as they are.
    expect(quick.duration).toBeLessThan(spoken.duration / 1.5);
    expect(quick.duration).toBeGreaterThan(spoken.duration / 1.65);
  });
});
