/** The rules whoever keeps tasks has to keep, as a test suite to run on it. Not a test by itself. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { anyTask } from "./new-task.ts";
import { completed, StoreBench, type StorePlace } from "./store-bench.ts";
import { describeEnding } from "./store-end-conformance.ts";
import { describeLasting } from "./store-lasting-conformance.ts";
import { describeLooking } from "./store-list-conformance.ts";
import { describeSubmitting } from "./store-submit-conformance.ts";
import { describeWorking } from "./store-work-conformance.ts";
import { runRandomTasks } from "./task-model.ts";

/**
 * Declares the suite.
 *
 * @param makePlace makes a place with nothing in it.
 */
export function describeTaskStore(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name} as a TaskStore`, () => {
    const bench = new StoreBench(makePlace);
    beforeEach(() => bench.begin());
    afterEach(() => bench.end());

    describeSubmitting(bench);
    describeLooking(bench);
    describeWorking(bench);
    describeEnding(bench);
    describeLasting(bench);

    it("agrees with a simple model, whatever is done in whatever order", async () => {
      await runRandomTasks(makePlace);
    });

    it("gives plain values that can be looked at long after they have changed", async () => {
      const task = await bench.submitAndClaim();
      const copy = structuredClone(task);
      await bench.store.end(task, completed);
      expect(task).toEqual(copy);
      expect(task).toMatchObject(anyTask);
    });
  });
}
