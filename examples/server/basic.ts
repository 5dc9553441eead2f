/**
 * Speaks a sentence: ordered now, watched while it is spoken, fetched when it is there.
 *
 *   node examples/server/basic.ts [FILE]
 *
 * DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
 */
import { DubberClient } from "../../src/client/client.ts";

const [file = "async_output.wav"] = process.argv.slice(2);
const { DUBBER_URL: baseUrl, DUBBER_API_KEY: apiKey } = process.env;
const client = new DubberClient({ baseUrl, apiKey });

const task = await client.submit({
  text: "Hello, this is async voice synthesis!",
  voiceId: "pretrained_voice_001",
});
console.log(`Task submitted: ${task.taskId}`);

for await (const { status, progress, error } of client.events(task)) {
  console.log(`Status: ${status} - Progress: ${(progress * 100).toFixed(1)}%`);
  if (error !== undefined) throw new Error(error);
}
await client.download(task, { to: file });
console.log(`Audio saved to ${file}`);
