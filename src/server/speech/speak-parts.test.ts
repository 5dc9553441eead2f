import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import type { SpeechResult } from "../../synthesis/synthesizer.ts";
import { speakParts } from "./speak-parts.ts";

const sound = (index: number): SpeechResult => ({
  ...{ audio: Int16Array.of(index), sampleRate: 8000, warnings: [] },
});
const { signal } = new AbortController();

/** Parts that are spoken when a test says so. */
function parts() {
  const asked: number[] = [];
  const signals: AbortSignal[] = [];
  const open = new Map<number, ReturnType<typeof Promise.withResolvers<SpeechResult>>>();
  const speak = (index: number, call: { readonly signal: AbortSignal }) => {
    asked.push(index);
    signals.push(call.signal);
    const part = Promise.withResolvers<SpeechResult>();
    call.signal.addEventListener("abort", () => part.reject(call.signal.reason));
    open.set(index, part);
    return part.promise;
  };
  return {
    ...{ asked, signals, speak },
    end: (index: number) => open.get(index)?.resolve(sound(index)),
    fail: (index: number, error: unknown) => open.get(index)?.reject(error),
  };
}
const numbers = async (stream: AsyncIterable<SpeechResult>) =>
  (await Array.fromAsync(stream)).map(({ audio }) => audio[0]);

it("hands on all parts in their order, whichever is ready first, two in work at once", async () => {
  const { asked, speak, end } = parts();
  const stream = speakParts(4, speak, { signal });
  const first = stream.next();
  await Promise.resolve();
  expect(asked).toEqual([0, 1]);
  end(1);
  end(0);
  expect((await first).value?.audio[0]).toBe(0);
  expect(asked).toEqual([0, 1]);
  const rest = numbers(stream);
  await new Promise(setImmediate);
  end(2);
  await new Promise(setImmediate);
  end(3);
  expect(await rest).toEqual([1, 2, 3]);
});

it("begins no more when it is enough, and still hands on what is in work", async () => {
  const spoken: number[] = [];
  const speak = async (index: number) => {
    spoken.push(index);
    return sound(index);
  };
  const isEnough = () => spoken.length >= 3;
  expect(await numbers(speakParts(9, speak, { signal, isEnough }))).toEqual([0, 1, 2]);
  expect(spoken).toEqual([0, 1, 2]);
  expect(await numbers(speakParts(9, speak, { signal, isEnough: () => true }))).toEqual([0]);
});

it("meets a failure when it is that part's turn, and ends the others", async () => {
  const { signals, speak, end, fail } = parts();
  const stream = speakParts(5, speak, { signal });
  const first = stream.next();
  await Promise.resolve();
  fail(1, new Error("broken"));
  await new Promise(setImmediate);
  end(0);
  expect((await first).value?.audio[0]).toBe(0);
  await expect(stream.next()).rejects.toThrow("broken");
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
});

it("ends what is in work with the signal, or when nobody wants more", async () => {
  for (const how of ["signal", "return"] as const) {
    const ending = new AbortController();
    const { signals, speak, end } = parts();
    const stream = speakParts(5, speak, ending);
    const first = stream.next();
    await Promise.resolve();
    if (how === "return") {
      end(0);
      await first;
      await stream.return();
    } else {
      const reason = new Error("cancelled");
      ending.abort(reason);
      await expect(first).rejects.toBe(reason);
    }
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect(getEventListeners(ending.signal, "abort")).toEqual([]);
  }
});

it("begins nothing when it is called off before", async () => {
  const { asked, speak } = parts();
  const reason = new Error("cancelled");
  const stream = speakParts(5, speak, { signal: AbortSignal.abort(reason) });
  await expect(stream.next()).rejects.toBe(reason);
  expect(asked).toEqual([]);
});
