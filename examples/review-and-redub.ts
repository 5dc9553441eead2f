/**
 * Replaces words in the reviewed text of a dub and dubs again: only the lines that changed are spoken. The file may be edited by
 * hand just as well; nothing overwrites it.
 *
 *   node examples/review-and-redub.ts talk.mp4 talk.es.srt es "old words" "new words"
 */
import { readFile, writeFile } from "node:fs/promises";
import { dub, review } from "../src/index.ts";

const [video, subs, to, before, after] = process.argv.slice(2);
if (!video || !subs || !to || !before || after === undefined) {
  throw new Error("Usage: node examples/review-and-redub.ts VIDEO SUBS LANGUAGE BEFORE AFTER");
}
await dub({ video, subs, to }).result;

const { path } = await review({ video, to });
const text = await readFile(path, "utf8");
await writeFile(path, text.replaceAll(before, after));

const { rows, changes } = await review({ video, to });
for (const { start, text: line, status, fit } of rows) {
  if (status === "edited") console.log(`${start.toFixed(1)} s  ${line}  (fit ${fit.toFixed(2)})`);
}
console.log(`${changes.edited.length} of ${rows.length} lines edited`);

// Without the subtitles: what was reviewed is what is said now.
const job = dub({ video, to });
let spoken = 0;
for await (const event of job) if (event.type === "call" && event.stage === "synth") spoken += 1;
const { output } = await job.result;
console.log(`${output}: ${spoken} spoken anew`);
