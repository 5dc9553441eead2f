/**
 * Gets sound while it is being spoken: the first of it is here long before the last is said. To hear it, pipe it into a player:
 *
 *   node examples/server/stream.ts FILE
 *   node examples/server/stream.ts /dev/stdout | ffplay -nodisp -autoexit -
 *
 * DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
 */
import { open } from "node:fs/promises";
import { DubberClient } from "../../src/client/client.ts";

const [path = "streamed.wav"] = process.argv.slice(2);
const { DUBBER_URL: baseUrl, DUBBER_API_KEY: apiKey } = process.env;
const client = new DubberClient({ baseUrl, apiKey });

const sentences = Array.from({ length: 20 }, (_, index) => `This is sentence number ${index + 1}.`);
const startMs = performance.now();
const sound = await client.stream({ text: sentences.join(" "), voiceId: "pretrained_voice_001" });

const file = await open(path, "w");
let bytes = 0;
// Should the sound break off, the loop throws: what ends well is whole.
for await (const piece of sound) {
  if (bytes === 0) console.error(`First sound after ${Math.round(performance.now() - startMs)} ms`);
  await file.write(piece);
  bytes += piece.length;
}
await file.close();
console.error(`All of it, ${bytes} bytes, after ${Math.round(performance.now() - startMs)} ms`);
