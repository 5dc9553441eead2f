/**
 * From a bare video to lines that can be reviewed: heard by OpenAI (or a server that speaks like it), translated by a language
 * model, and laid out as subs.srt. Nothing is spoken yet. What was heard and translated is kept; a second run asks for nothing.
 *
 *   OPENAI_API_KEY=… node examples/hear-and-translate.ts talk.mp4 es
 */
import { prep, review } from "../src/index.ts";

const [video, to] = process.argv.slice(2);
if (video === undefined || to === undefined) {
  throw new Error("Usage: node examples/hear-and-translate.ts VIDEO LANGUAGE");
}
const job = prep({ video, to, stt: "openai", translate: true, maxCost: 1 });
for await (const event of job) {
  if (event.type === "progress" && event.stage === "recognition")
    console.error(`heard ${Math.round(event.done)} of ${Math.round(event.total)} s`);
  if (event.type === "warning") console.error(`! ${event.message}`);
}
const { status, costUsd } = await job.result;

const { path, rows } = await review({ video, to });
for (const { start, end, source, text } of rows) {
  console.log(`${start.toFixed(1)}–${end.toFixed(1)} s  ${source} → ${text}`);
}
console.log(`${path}: ${rows.length} lines, ${status}, $${costUsd.toFixed(4)}`);
