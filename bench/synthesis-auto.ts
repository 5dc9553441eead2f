/** How well `auto` finds a limit that the service does not tell: beside the best fixed one, and again with what it remembers. */
import { mapConcurrent } from "../src/core/map-concurrent.ts";
import type { LimitMemory } from "../src/scheduler/contract.ts";
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

/** Of all runs together: more would take each other's time. */
const callsAtOnce = 30;

type Options = { readonly limit: number | "auto"; readonly memory?: LimitMemory };
type Run = Readonly<Record<"fixed" | "found" | "fixedThen" | "again", RunResult>>;

export async function benchAuto({ seeds }: { readonly seeds: number }): Promise<void> {
  const rows: Record<string, string>[] = [];
  const cases = [
    ["openai", 3],
    ["openai", 8],
    ["openai", 20],
    ["elevenlabs", 8],
  ] as const;
  for (const [service, capacity] of cases) {
    rows.push(row(service, capacity, await compareAll(service, capacity, seeds)));
  }
  printTable(`\`auto\`, ${count} lines of about 0.2 s, medians of ${seeds} seeds`, rows);
}

async function compareAll(
  service: ServiceName,
  capacity: number,
  seeds: number,
): Promise<readonly Run[]> {
  const sideBySide = Math.max(1, Math.floor(callsAtOnce / capacity));
  const all = Array.from({ length: seeds }, (_, index) => ({
    seed: index + 1,
    memory: rememberLimit(),
  }));
  const speak = ({ seed, options }: { seed: number; options: Options }): Promise<RunResult> =>
    runAgainst(service, capacity, seed, options);
  const auto = all.map(({ seed, memory }) => ({
    seed,
    options: { limit: "auto", memory } as const,
  }));
  const fixed = all.map(({ seed }) => ({ seed, options: { limit: capacity } }));
  const first = await mapConcurrent([...fixed, ...auto], sideBySide, speak);
  // The fixed limit is measured anew: the machine may have had more or less time the first time.
  const second = await mapConcurrent([...fixed, ...auto], sideBySide, speak);
  return all.map((_, index) => ({
    fixed: first[index] as RunResult,
    found: first[seeds + index] as RunResult,
    fixedThen: second[index] as RunResult,
    again: second[seeds + index] as RunResult,
  }));
}

async function runAgainst(
  service: ServiceName,
  capacity: number,
  seed: number,
  options: Options,
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
  const more = (kind: keyof Run, fixed: keyof Run): string =>
    percent(middle((run) => run[kind].seconds / run[fixed].seconds - 1));
  const refused = (kind: "found" | "again"): string =>
    percent(middle((run) => run[kind].throttled / run[kind].calls));
  return {
    service: service === "openai" ? "says nothing" : "says its limit",
    capacity: `${capacity}`,
    "fixed limit, s": middle(({ fixed }) => fixed.seconds).toFixed(2),
    "auto, s": middle(({ found }) => found.seconds).toFixed(2),
    "more time": more("found", "fixed"),
    refused: refused("found"),
    "remembered, s": middle(({ again }) => again.seconds).toFixed(2),
    "more time then": more("again", "fixedThen"),
    "refused then": refused("again"),
    "lines lost": `${runs.reduce((sum, run) => sum + Object.values(run).reduce((lost, one) => lost + one.lost, 0), 0)}`,
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
