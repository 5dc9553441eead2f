/** Ends the summary of a run with the tests that were skipped and why. A test that is skipped without a reason fails the run. */
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from "vitest/node";

export default class SkippedReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // Tests that were not asked for are skipped too: those of `-t`, and those beside `only`.
    const isWhole = this.#vitest?.config.testNamePattern === undefined;
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")]);
    if (!isWhole || skipped.length === 0) return;
    const byReason = Map.groupBy(skipped, (test) => reasonOf(test) ?? "");
    const lines = [...byReason].flatMap(([reason, tests]) => [
      `  ${reason || "✗ no reason given: say it with needs() or context.skip()"}`,
      ...tests.map((test) => `    ${test.module.relativeModuleId} > ${test.fullName}`),
    ]);
    this.#vitest?.logger.log(
      ["", `Skipped tests (${skipped.length}), and what each would need:`, ...lines, ""].join("\n"),
    );
    if (byReason.has("")) process.exitCode = 1;
  }
}

function reasonOf(test: TestCase): string | undefined {
  const result = test.result();
  if (result.state === "skipped" && result.note !== undefined) return result.note;
  for (let at: TestCase | TestSuite | TestModule = test; at.type !== "module"; at = at.parent) {
    const { missing } = at.meta();
    if (missing !== undefined) return missing;
  }
  return undefined;
}
