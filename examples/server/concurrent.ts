/**
 * Several texts at once. The server works on as many as MAX_SYNTHESIS_WORKERS says; the others wait their turn.
 *
 *   node examples/server/concurrent.ts [FOLDER]
 *
 * DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
 */
import { join } from "node:path";
import { DubberClient } from "../../src/client/client.ts";

const [folder = "spoken"] = process.argv.slice(2);
const { DUBBER_URL: baseUrl, DUBBER_API_KEY: apiKey } = process.env;
const client = new DubberClient({ baseUrl, apiKey });

const texts = [
  "Hello, this is the first synthesis task.",
  "This is the second synthesis running in parallel.",
  "And here's the third one, all processing together!",
];

async function speak(text: string, index: number): Promise<void> {
  const task = await client.submit({ text, voiceId: "pretrained_voice_001" });
  await client.wait(task);
  const file = join(folder, `${index + 1}.wav`);
  await client.download(task, { to: file });
  console.log(`${file}: ${text}`);
}

await Promise.all(texts.map(speak));
console.log(`Completed ${texts.length} tasks successfully`);
