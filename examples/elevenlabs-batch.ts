/**
 * Speaks several texts with ElevenLabs, at once. `auto` finds the limit of your plan: the service says it with every answer.
 *
 *   ELEVENLABS_API_KEY=… ELEVENLABS_VOICE_ID=… node examples/elevenlabs-batch.ts FOLDER
 */
import { join } from "node:path";
import { makeSynthElevenlabsBatch } from "../src/index.ts";

const [folder = "spoken"] = process.argv.slice(2);
const { ELEVENLABS_API_KEY, ELEVENLABS_VOICE_ID, ELEVENLABS_BASE_URL } = process.env;
if (ELEVENLABS_API_KEY === undefined || ELEVENLABS_VOICE_ID === undefined) {
  throw new Error("Set ELEVENLABS_API_KEY and ELEVENLABS_VOICE_ID.");
}

const speak = makeSynthElevenlabsBatch({
  apiKey: ELEVENLABS_API_KEY,
  voice: ELEVENLABS_VOICE_ID,
  maxConcurrent: "auto",
  ...(ELEVENLABS_BASE_URL !== undefined && { baseUrl: ELEVENLABS_BASE_URL }),
});
const texts = ["Good morning.", "Today we talk about bridges.", "And about the people on them."];
const paths = await speak(
  texts,
  texts.map((_, index) => join(folder, `${index + 1}.wav`)),
);
for (const path of paths) console.log(path);
