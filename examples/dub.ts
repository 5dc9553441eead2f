/**
 * Dubs a video from a program: events while it runs, the result at the end, Ctrl-C leaves a directory that resumes.
 *
 *   node examples/dub.ts VIDEO SUBS LANGUAGE
 */
import { DubberError, dub } from "../src/index.ts";

const [video, subs, to] = process.argv.slice(2);
if (video === undefined || subs === undefined || to === undefined) {
  throw new Error("Usage: node examples/dub.ts VIDEO SUBS LANGUAGE");
}
const interruption = new AbortController();
process.once("SIGINT", () => interruption.abort());

const job = dub({ video, subs, to }, { signal: interruption.signal });
for await (const event of job) {
  if (event.type === "progress")
    console.error(`${event.stage} ${event.done}/${event.total} ${event.unit}`);
  if (event.type === "warning") console.error(`! ${event.message}`);
}
try {
  const { output, status, lines = [] } = await job.result;
  console.log(`${output}: ${lines.length} lines, ${status}`);
} catch (error) {
  if (!(error instanceof DubberError)) throw error;
  console.error(error.message, error.hint ?? "");
  process.exitCode = 1;
}
