/**
 * OpenAI's own client, speaking with this server: only its address changes. OpenAI's names for voices work, and so do the server's.
 *
 *   node examples/server/openai-client.ts [FILE]
 *
 * DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
 */
import { writeFile } from "node:fs/promises";
import OpenAI from "openai";

const [file = "openai.mp3"] = process.argv.slice(2);
const { DUBBER_URL: baseUrl = "http://127.0.0.1:8000", DUBBER_API_KEY: apiKey = "none" } =
  process.env;
const client = new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey });

const answer = await client.audio.speech.create({
  model: "tts-1",
  voice: "alloy",
  input: "Hello from the client of OpenAI.",
  response_format: "mp3",
});
// A stream: written while it is being spoken.
if (answer.body !== null) await writeFile(file, answer.body);
console.log(`Audio saved to ${file}`);
