/** A process that prepares one video with the library and reports its own time and memory; started by the benchmark of preparing. */
import { pathToFileURL } from "node:url";
import { keepHeapSmall } from "../src/core/small-heap.ts";
import { prep } from "../src/index.ts";

export type PrepSettings = {
  readonly video: string;
  readonly workdir: string;
  /** Parts recognised at once. */
  readonly limit: number;
  readonly env: Readonly<Record<string, string>>;
};

export type PrepReport = {
  readonly peakMib: number;
  readonly cpuSeconds: number;
  readonly warnings: readonly string[];
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  // As the command does.
  keepHeapSmall();
  const settings = JSON.parse(process.argv[2] ?? "{}") as PrepSettings;
  process.stdout.write(JSON.stringify(await prepare(settings)));
}

async function prepare({ video, workdir, limit, env }: PrepSettings): Promise<PrepReport> {
  const options = {
    video,
    workdir,
    maxConcurrent: limit,
    stt: "openai",
    skipPolish: true,
  } as const;
  const { warnings } = await prep(options, { env }).result;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return { peakMib: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, warnings };
}
