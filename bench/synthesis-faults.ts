/** What it costs when every tenth call fails: time beside the run without faults, and lines lost. */
import { makeLines, type RunResult, speakOnce, startFakeProcess } from "./synthesis-run.ts";
import { median, printTable } from "./table.ts";

const count = 500;
const limit = 10;
const latency = { baseMs: 100, perCharacterMs: 1.45, jitter: 0.3 };

type Run = { readonly clean: RunResult; readonly faulty: RunResult };

export async function benchFaults({ seeds }: { readonly seeds: number }): Promise<void> {
  const runs: Run[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const clean = await runWith(seed, 0);
    const faulty = await runWith(seed, 0.1);
    runs.push({ clean, faulty });
  }
  const times = (kind: "clean" | "faulty"): number => median(runs.map((run) => run[kind].seconds));
  const ratios = runs.map(({ clean, faulty }) => faulty.seconds / clean.seconds);
  const sum = (value: (run: Run) => number): number =>
    runs.reduce((before, run) => before + value(run), 0);
  printTable(`One call in ten fails, ${count} lines, ${limit} in flight, ${seeds} seeds`, [
    {
      "without faults, s": times("clean").toFixed(2),
      "with faults, s": times("faulty").toFixed(2),
      ratio: `${median(ratios).toFixed(2)}×`,
      "worst seed": `${Math.max(...ratios).toFixed(2)}×`,
      "calls more than lines": `${((100 * sum(({ faulty }) => faulty.calls - count)) / (count * seeds)).toFixed(1)} %`,
      "lines lost": `${sum(({ faulty }) => faulty.lost)}`,
    },
  ]);
}

async function runWith(seed: number, failShare: number): Promise<RunResult> {
  await using fake = await startFakeProcess("openai", { seed, failShare, latency });
  // Awaited here, or the service would be gone before the first call.
  return await speakOnce("openai", fake.url, [...makeLines(count, seed)], { limit });
}
