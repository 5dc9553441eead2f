import { describe, expect, it } from "vitest";
import { mapStream } from "./map-stream.ts";

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

/** Numbers without end, that say how many were taken. */
function counter() {
  const state = { taken: 0, isReturned: false };
  function* numbers(): Generator<number> {
    try {
      while (true) yield state.taken++;
    } finally {
      state.isReturned = true;
    }
  }
  return { state, numbers: numbers() };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("mapStream", () => {
  it("maps everything, as many at once as allowed and never more", async () => {
    let now = 0;
    let most = 0;
    const doubled = mapStream([1, 2, 3, 4, 5, 6, 7], 3, async (value) => {
      most = Math.max(most, ++now);
      await turn();
      now -= 1;
      return value * 2;
    });
    expect((await collect(doubled)).sort((a, b) => a - b)).toEqual([2, 4, 6, 8, 10, 12, 14]);
    expect(most).toBe(3);
  });

  it("hands on results in the order they are ready, also those that are undefined", async () => {
    const release: (() => void)[] = [];
    const stream = mapStream([0, 1], 2, async (value) => {
      if (value === 0) await new Promise<void>((resolve) => release.push(resolve));
      else release[0]?.();
      return value === 0 ? undefined : value;
    });
    expect(await collect(stream)).toEqual([1, undefined]);
  });

  it("pulls no further than there is room, however slow its reader", async () => {
    const { state, numbers } = counter();
    const stream = mapStream(numbers, 4, async (value) => value);
    await stream.next();
    for (let index = 0; index < 50; index++) await turn();
    expect(state.taken).toBeLessThanOrEqual(10);
    await stream.return();
    expect(state.isReturned).toBe(true);
  });

  it("aborts what is in flight when one fails, and then throws that failure", async () => {
    const ended: string[] = [];
    const stream = mapStream(counter().numbers, 3, async (value, { signal }) => {
      if (value === 2) throw new Error("two");
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      ended.push(String(value));
    });
    await expect(collect(stream)).rejects.toThrow("two");
    expect(ended.sort()).toEqual(["0", "1"]);
  });

  it("ends with the caller's reason when aborted before, during, or while the reader waits", async () => {
    const reason = new Error("enough");
    const never = (_: number, { signal }: { signal: AbortSignal }) =>
      new Promise<number>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      );
    const before = mapStream([1], 1, never, { signal: AbortSignal.abort(reason) });
    await expect(collect(before)).rejects.toBe(reason);
    const controller = new AbortController();
    const during = collect(mapStream([1, 2, 3], 2, never, controller));
    setImmediate(() => controller.abort(reason));
    await expect(during).rejects.toBe(reason);
  });

  it("throws what its source throws", async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error("source");
    }
    await expect(collect(mapStream(broken(), 2, async (value) => value))).rejects.toThrow("source");
  });
});
