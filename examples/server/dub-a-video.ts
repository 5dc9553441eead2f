/**
 * Sends a video with the text of its dub, and fetches it dubbed. However large it is, it is never in memory as a whole.
 *
 *   node examples/server/dub-a-video.ts VIDEO SUBTITLES LANGUAGE FILE
 *   node examples/server/dub-a-video.ts talk.mp4 talk.es.srt es talk.es.mp4
 *
 * DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
 */
import { DubberClient } from "../../src/client/client.ts";

const [video, subtitles, to, file] = process.argv.slice(2);
if (!video || !subtitles || !to || !file) {
  throw new Error("Usage: node examples/server/dub-a-video.ts VIDEO SUBTITLES LANGUAGE FILE");
}
const { DUBBER_URL: baseUrl, DUBBER_API_KEY: apiKey } = process.env;
const client = new DubberClient({ baseUrl, apiKey });

const task = await client.dub({ video, subtitles, to });
for await (const { status, progress } of client.events(task)) {
  console.log(`${status} ${Math.round(progress * 100)}%`);
}
const { warnings } = await client.result(task);
for (const warning of warnings) console.log(`Note: ${warning}`);
await client.download(task, { to: file });
console.log(`Video saved to ${file}`);
