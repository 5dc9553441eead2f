import { expect, it } from "vitest";
import { type DubEvent, startJob } from "./events.ts";

const progress = (done: number): DubEvent => ({
  type: "progress",
  stage: "synth",
  done,
  total: 3,
  unit: "lines",
});
const started: DubEvent = { type: "stage", stage: "synth", status: "started" };

it("gives every event in order, then the result", async () => {
  const job = startJob(async (emit) => {
    emit(started);
    await Promise.resolve();
    emit({ type: "warning", stage: "synth", message: "hm" });
    return 7;
  });
  const seen: DubEvent[] = [];
  for await (const event of job) seen.push(event);
  expect(seen).toEqual([started, { type: "warning", stage: "synth", message: "hm" }]);
  expect(await job.result).toBe(7);
});

it("shows a slow reader the newest progress only", async () => {
  const job = startJob(async (emit) => {
    for (const done of [1, 2, 3]) emit(progress(done));
  });
  await job.result;
  const seen: DubEvent[] = [];
  for await (const event of job) seen.push(event);
  expect(seen).toEqual([progress(3)]);
});

it("ends the iteration and rejects the result when the work fails", async () => {
  const job = startJob(async (emit) => {
    emit(started);
    throw new Error("broken");
  });
  const seen: DubEvent[] = [];
  for await (const event of job) seen.push(event);
  expect(seen).toEqual([started]);
  await expect(job.result).rejects.toThrow("broken");
});
