/** How well `auto` finds a limit that the service does not tell: beside the best fixed one, and again with what it remembers. */
import type { LimitMemory } from "../src/synthesis/scheduler/contract.ts";
import {
  makeLines,
  type RunResult,
  type ServiceName,
  speakOnce,
  startFakeProcess,
} from "./synthesis-run.ts";
import { median, printTable } from "./table.ts";

const count = 500;
const latency = { baseMs: 100, perCharacterMs: 1.45, jitter: 0.3 };

type Run = { readonly fixed: RunResult; readonly found: RunResult; readonly again: RunResult };

export async function benchAuto({ seeds }: { readonly seeds: number }): Promise<void> {
  const rows: Record<string, string>[] = [];
  for (const service of ["openai", "elevenlabs"] as const) {
    for (const capacity of [3, 8, 20]) {
      const numbers = Array.from({ length: seeds }, (_, index) => index + 1);
      // Side by side they would take each other's time at the higher limits.
      const runs: Run[] = [];
      for (const seed of numbers) runs.push(await compare(service, capacity, seed));
      rows.push(row(service, capacity, runs));
    }
  }
  printTable(`\`auto\`, ${count} lines of about 0.2 s, medians of ${seeds} seeds`, rows);
}

async function compare(service: ServiceName, capacity: number, seed: number): Promise<Run> {
  const memory = rememberLimit();
  const [fixed, found] = await Promise.all([
    runAgainst(service, capacity, seed, { limit: capacity }),
    runAgainst(service, capacity, seed, { limit: "auto", memory }),
  ]);
  const again = await runAgainst(service, capacity, seed, { limit: "auto", memory });
  return { fixed, found, again };
}

async function runAgainst(
  service: ServiceName,
  capacity: number,
  seed: number,
  options: { readonly limit: number | "auto"; readonly memory?: LimitMemory },
): Promise<RunResult> {
  await using fake = await startFakeProcess(service, { capacity, seed, latency });
  const lines = [...makeLines(count, seed, service)];
  const result = await speakOnce(service, fake.url, lines, options);
  const { requests, refused } = await fake.stats();
  return { ...result, calls: requests, throttled: refused };
}

function row(service: ServiceName, capacity: number, runs: readonly Run[]): Record<string, string> {
  const middle = (value: (run: Run) => number): number => median(runs.map(value));
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const more = (kind: "found" | "again"): string =>
    `+${percent(middle((run) => run[kind].seconds / run.fixed.seconds - 1))}`;
  const refused = (kind: "found" | "again"): string =>
    percent(middle((run) => run[kind].throttled / run[kind].calls));
  return {
    service: service === "openai" ? "says nothing" : "says its limit",
    capacity: `${capacity}`,
    "fixed limit, s": middle(({ fixed }) => fixed.seconds).toFixed(2),
    "auto, s": middle(({ found }) => found.seconds).toFixed(2),
    "more time": more("found"),
    refused: refused("found"),
    "remembered, s": middle(({ again }) => again.seconds).toFixed(2),
    "more time then": more("again"),
    "refused then": refused("again"),
    "lines lost": `${runs.reduce((sum, { fixed, found, again }) => sum + fixed.lost + found.lost + again.lost, 0)}`,
  };
}

function rememberLimit(): LimitMemory {
  let limit: number | undefined;
  return {
    load: async () => limit,
    async save(found) {
      limit = found;
    },
  };
}
