/** Runs one job for the command line: shows it, sums it up, and turns its end into an exit code. */
import { basename, relative } from "node:path";
import { languageName } from "../core/language.ts";
import type { DubResult } from "../pipeline/dub.ts";
import type { Job } from "../pipeline/events.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Output } from "./output.ts";
import { openProgress } from "./progress.ts";

/**
 * @returns 0, or 3 when some lines could not be spoken.
 * @throws whatever the job failed with.
 */
export async function runJob(job: Job<DubResult>, output: Output): Promise<number> {
  const progress = openProgress(output);
  const startedAt = performance.now();
  try {
    for await (const event of job) progress.show(event);
    const result = await job.result;
    progress.end();
    const seconds = (performance.now() - startedAt) / 1000;
    output.say(summary(result, seconds));
    const { lines, ...rest } = result;
    const place = relative(process.cwd(), result.output ?? result.languageDirectory);
    output.result({ ...rest, ...(lines && { lines: lines.length }) }, place);
    return result.status === "partial" ? exitCodes.partial : exitCodes.done;
  } finally {
    progress.end();
  }
}

/** What a person wants to know at the end, in a line or two. */
function summary(result: DubResult, seconds: number): string {
  const { lines, failures, warnings, language, video } = result;
  const into = language === undefined ? "" : ` in ${languageName(language)}`;
  const parts = [`${basename(video)}${into}`];
  if (lines !== undefined) {
    const fastest = lines.reduce((max, { tempo }) => Math.max(max, tempo), 1);
    const late = lines.filter(({ overrun }) => overrun > 0.0005).length;
    parts.push(`${lines.length} lines spoken`, `fastest ${fastest.toFixed(2)}×`);
    if (late > 0) parts.push(`${late} too long for their place`);
  }
  if (failures.length > 0) parts.push(`${failures.length} not spoken`);
  if (warnings.length > 0) parts.push(`${warnings.length} warnings`);
  parts.push(`${seconds.toFixed(1)} s`);
  const again =
    failures.length > 0 ? "\nRun the same command again to speak only the missing lines." : "";
  return parts.join(" · ") + again;
}
