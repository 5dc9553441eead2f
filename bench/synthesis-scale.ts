/** Many lines at 200 in flight against a service that answers at once: lines a second, and the peak memory of the process that speaks. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ServiceName, startFakeProcess } from "./synthesis-run.ts";
import type { SpeakerReport, SpeakerSettings } from "./synthesis-speaker.ts";
import { printTable } from "./table.ts";

const run = promisify(execFile);
const limit = 200;
const cannedSeconds = 2;

export async function benchScale({
  counts,
}: {
  readonly counts: readonly number[];
}): Promise<void> {
  const rows: Record<string, string>[] = [];
  for (const service of ["openai", "elevenlabs"] as const) {
    for (const keep of ["sound only", "clips on disk"] as const) {
      for (const count of counts) rows.push(await row(service, keep, count));
    }
  }
  rows.push({ ...(await row("openai", "disk alone", counts[0] as number)), engine: "none" });
  printTable(`${limit} in flight, an instant service, clips of ${cannedSeconds} s`, rows);
}

async function row(
  service: ServiceName,
  keep: SpeakerSettings["keep"],
  count: number,
): Promise<Record<string, string>> {
  await using fake = await startFakeProcess(service, { cannedSeconds });
  const script = join(import.meta.dirname, "synthesis-speaker.ts");
  const settings = JSON.stringify({ service, url: fake.url, count, limit, keep });
  const { stdout } = await run(process.execPath, [script, settings]);
  const report = JSON.parse(stdout) as SpeakerReport;
  return {
    engine: service,
    kept: keep,
    lines: `${count}`,
    "lines/s": (count / report.seconds).toFixed(0),
    "peak memory, MiB": report.peakMib.toFixed(0),
    "CPU a line, ms": ((1000 * report.cpuSeconds) / count).toFixed(2),
    "lines lost": `${report.lost}`,
  };
}
