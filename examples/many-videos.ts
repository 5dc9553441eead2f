/**
 * Dubs several videos through one setup: one engine, and one limit of calls in flight over all of them. A video that fails
 * does not stop the others. The text of `talk.mp4` in Spanish is `talk.es.srt`, beside it.
 *
 *   node examples/many-videos.ts LANGUAGE VIDEO…
 *   TTS_PROVIDER=openai OPENAI_API_KEY=… node examples/many-videos.ts es a.mp4 b.mp4 c.mp4
 */
import { basename, dirname, extname, join } from "node:path";
import { dub, prepareSetup } from "../src/index.ts";

const [to, ...videos] = process.argv.slice(2);
if (to === undefined) throw new Error("Usage: node examples/many-videos.ts LANGUAGE VIDEO…");

await using setup = prepareSetup({
  env: process.env,
  engine: process.env.TTS_PROVIDER,
  maxConcurrent: 5,
});

async function dubOne(video: string): Promise<void> {
  const subs = join(dirname(video), `${basename(video, extname(video))}.${to}.srt`);
  try {
    const { output, status } = await dub({ video, subs, to }, { setup }).result;
    console.log(`${output}: ${status}`);
  } catch (error) {
    console.error(`${video}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}

// Two workers take from one list: one video is mixed and encoded while the other is spoken.
const waiting = videos.values();
async function work(): Promise<void> {
  for (const video of waiting) await dubOne(video);
}
await Promise.all([work(), work()]);
