/** Fails a run in which a test's name would not help in a list of failures: one that stands twice in its file, or is no words. */
import type { Reporter, TestModule, Vitest } from "vitest/node";

/** Longer ones fill a screen. */
const mostCharacters = 200;

export default class NamesReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const faults = modules.flatMap((module) => {
      const names = [...module.children.allTests()].map(({ fullName }) => fullName);
      return [...Map.groupBy(names, (name) => name)].flatMap(([name, same]) => {
        const fault = same.length > 1 ? `stands ${same.length} times` : faultOf(name);
        return fault === undefined ? [] : [`  ${module.relativeModuleId} > ${name}: ${fault}`];
      });
    });
    if (faults.length === 0) return;
    this.#vitest?.logger.error(["", "Names of tests that tell no rule:", ...faults, ""].join("\n"));
    process.exitCode = 1;
  }
}

/** What is wrong with a full name, suites included; undefined where nothing is. */
export function faultOf(name: string): string | undefined {
  const title = name.split(" > ").at(-1) ?? "";
  if (name.length > mostCharacters) return `is longer than ${mostCharacters} characters`;
  if (/^[[{]/.test(title)) return "begins with data instead of words";
  if (/\\u00[01]|\p{Cc}|\[object /u.test(name)) return "holds what cannot be read";
  if ((name.match(/\p{L}{2,}/gu) ?? []).length < 3) return "has fewer than three words";
  return undefined;
}
