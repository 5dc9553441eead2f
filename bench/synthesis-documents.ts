/**
 * The two tables of the documents, with ours beside them: 37, 25 and 15 lines, one at a time and several in flight, against a
 * service whose calls together take what theirs took. In real time; the runs only wait, so they go side by side.
 */
import { setTimeout as delay } from "node:timers/promises";
import { mapConcurrent } from "../src/core/map-concurrent.ts";
import type { SpokenLine } from "../src/synthesis/speak-each.ts";
import { startFakeOpenai } from "../test/support/services/fake-openai.ts";
import { seededLatency } from "../test/support/services/seeded-behaviour.ts";
import { makeLines, speakOnce } from "./synthesis-run.ts";
import { median, printTable } from "./table.ts";

/** Seconds, by lines and calls in flight. */
const documents: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  37: { 1: 73, 3: 20, 5: 15, 10: 12 },
  25: { 1: 45, 5: 12 },
  15: { 1: 28, 5: 8 },
};
const counts = [37, 25, 15];
const limits = [1, 3, 5, 10];
/** Calls in flight of all runs with one limit: more would take each other's time, since all of them share one processor. */
const callsAtOnce = 60;
/** No two runs begin in the same moment, which is when each sends most of its calls. */
const staggerMs = 50;
let begun = 0;
const noise = 0.15;

type Run = {
  readonly count: number;
  readonly limit: number;
  readonly seconds: number;
  readonly bound: number;
  readonly best: number;
};

export async function benchDocuments({ seeds }: { readonly seeds: number }): Promise<void> {
  const all = limits.map((limit) =>
    Array.from({ length: seeds }, (_, seed) =>
      counts.map((count) => ({ count, limit, seed: seed + 1 })),
    ).flat(),
  );
  const runs = (
    await Promise.all(
      all.map((same, index) =>
        mapConcurrent(same, callsAtOnce / (limits[index] as number), runAfterOthers),
      ),
    )
  ).flat();
  const rows = counts.flatMap((count) =>
    limits.map((limit) => {
      const same = runs.filter((one) => one.count === count && one.limit === limit);
      const alone = runs.filter((one) => one.count === count && one.limit === 1);
      return row(same, median(alone.map(({ seconds }) => seconds)));
    }),
  );
  printTable(`Lines in flight, medians of ${seeds} seeds, seconds`, rows);
}

function row(runs: readonly Run[], alone: number): Record<string, string> {
  const { count, limit } = runs[0] as Run;
  const theirs = documents[count]?.[limit];
  const theirAlone = documents[count]?.[1] as number;
  const middle = (value: (run: Run) => number): number => median(runs.map(value));
  const seconds = middle((run) => run.seconds);
  const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return {
    lines: `${count}`,
    "in flight": `${limit}`,
    documents: theirs === undefined ? "" : `${theirs}`,
    "their speed-up": theirs === undefined ? "" : `${(theirAlone / theirs).toFixed(1)}×`,
    Dubber: seconds.toFixed(2),
    "speed-up": `${(alone / seconds).toFixed(2)}×`,
    "lower bound": middle((run) => run.bound).toFixed(2),
    "best schedule": middle((run) => run.best).toFixed(2),
    "share of the best": share(middle((run) => run.best / run.seconds)),
    "worst seed": share(Math.min(...runs.map((run) => run.best / run.seconds))),
  };
}

async function runAfterOthers(one: Parameters<typeof run>[0]): Promise<Run> {
  begun += 1;
  await delay((begun % callsAtOnce) * staggerMs);
  return run(one);
}

async function run({ count, limit, seed }: { count: number; limit: number; seed: number }) {
  const lines = [...makeLines(count, seed)];
  const latencies = latenciesOf(lines, seed, 1000 * (documents[count]?.[1] as number));
  await using service = await startFakeOpenai({
    latencyMs: ({ text }) => latencies.get(text) ?? 0,
    keepRequests: false,
    cannedSeconds: 2,
  });
  const { seconds, lost } = await speakOnce("openai", service.url, lines, { limit });
  if (lost > 0 || service.mostInFlight > limit) {
    throw new Error(`${lost} lines lost, ${service.mostInFlight} in flight of ${limit}`);
  }
  const known = [...latencies.values()];
  const total = known.reduce((sum, ms) => sum + ms, 0);
  const bound = Math.max(total / limit, ...known) / 1000;
  return { count, limit, seconds, bound, best: listSchedule(known, limit) / 1000 };
}

/** Latencies that grow with the text, with seeded noise, and add up to `totalMs`. */
function latenciesOf(
  lines: readonly SpokenLine[],
  seed: number,
  totalMs: number,
): ReadonlyMap<string, number> {
  const latency = seededLatency(seed, { baseMs: 500, perCharacterMs: 20, jitter: noise });
  const raw = lines.map(({ text }) => [text, latency({ text, attempt: 1 })] as const);
  const sum = raw.reduce((before, [, ms]) => before + ms, 0);
  return new Map(raw.map(([text, ms]) => [text, (ms * totalMs) / sum]));
}

/** When the last call ends if each next longest goes to whoever is free first: within 4/3 of the optimum (Graham 1969). */
function listSchedule(latencies: readonly number[], limit: number): number {
  const ends = Array.from({ length: limit }, () => 0);
  for (const ms of latencies.toSorted((a, b) => b - a)) {
    const first = ends.indexOf(Math.min(...ends));
    ends[first] = (ends[first] as number) + ms;
  }
  return Math.max(...ends);
}
