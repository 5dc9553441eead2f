import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { delayMs, Patience } from "./backoff.ts";
import { DubberApiError, toRefusal } from "./error.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the pause before the next try", () => {
  it("is twice as long each time, up to eight seconds, and never the same for all", () => {
    for (const [failures, ms] of [500, 1000, 2000, 4000, 8000, 8000].entries()) {
      const some = Array.from({ length: 50 }, () => delayMs(failures + 1));
      expect(Math.min(...some)).toBeGreaterThanOrEqual(ms / 2);
      expect(Math.max(...some)).toBeLessThanOrEqual(ms);
      expect(new Set(some).size).toBeGreaterThan(40);
    }
  });

  it("is what the server asks for, but not an hour", () => {
    expect(delayMs(1, 3000)).toBeGreaterThanOrEqual(3000);
    expect(delayMs(1, 3000)).toBeLessThanOrEqual(3500);
    expect(delayMs(1, 3_600_000)).toBeLessThanOrEqual(30_500);
  });

  it.each([
    ["7", 7000],
    ["0", 0],
    [new Date(Date.now() + 5000).toUTCString(), 4500],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["soon", undefined],
  ])("is read from Retry-After: %s", (header, ms) => {
    const { retryAfterMs } = toRefusal(
      new Response("", { headers: { "retry-after": header } }),
      "",
    );
    if (ms === undefined) expect(retryAfterMs).toBeUndefined();
    else expect(Math.abs((retryAfterMs as number) - ms)).toBeLessThanOrEqual(1000);
  });
});

describe("patience", () => {
  const gone = new DubberApiError("connection_error", "Nobody is there.");
  const call = { signal: undefined };

  /** Seconds until it is over with an error that comes back each time. */
  async function last(patience: Patience): Promise<number> {
    const startMs = performance.now();
    for (;;) {
      const next = patience.after(gone, call).then(() => "again");
      const outcome = Promise.race([next, next.catch(() => "over")]).catch(() => "over");
      await vi.advanceTimersByTimeAsync(10_000);
      if ((await outcome) === "over") return (performance.now() - startMs) / 1000;
    }
  }

  it("is over when the server has been away for two minutes", async () => {
    const seconds = await last(new Patience());
    expect(seconds).toBeGreaterThan(120);
    expect(seconds).toBeLessThan(150);
  });

  it("begins anew when the server is there", async () => {
    const patience = new Patience();
    await last(patience);
    patience.reset();
    expect(await last(patience)).toBeGreaterThan(120);
  });

  it("is not wasted on what no other try mends", async () => {
    const refused = new DubberApiError("task_not_found", "No.", { status: 404 });
    await expect(new Patience().after(refused, call)).rejects.toBe(refused);
    const bug = new TypeError("A mistake.");
    await expect(new Patience().after(bug, call)).rejects.toBe(bug);
  });
});
