import { afterEach, expect, it, vi } from "vitest";
import { systemClock } from "./clock.ts";

afterEach(() => {
  vi.useRealTimers();
});

it("is not moved when somebody sets the machine's time, back or far ahead", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const before = systemClock.now();
  for (const date of ["1999-01-01", "2099-01-01"]) {
    vi.setSystemTime(new Date(date));
    await systemClock.sleep(5);
  }
  const passed = systemClock.now() - before;
  expect(passed).toBeGreaterThanOrEqual(9);
  // A year is 3e10 ms.
  expect(passed).toBeLessThan(1e9);
});

it("wakes with the signal's own reason", async () => {
  const reason = new Error("enough");
  await expect(systemClock.sleep(1e6, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const sleeping = systemClock.sleep(1e6, controller);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});
