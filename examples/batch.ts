/**
 * Speaks several texts, three at once. The paths come back in the order of the texts, whichever was ready first.
 *
 *   OPENAI_API_KEY=… node examples/batch.ts FOLDER
 */
import { join } from "node:path";
import OpenAI from "openai";
import { processTtsBatch } from "../src/index.ts";

const [folder = "spoken"] = process.argv.slice(2);
const texts = ["Hello", "World, how are you today?", "Many texts at once"];

const paths = await processTtsBatch({
  client: new OpenAI(),
  texts,
  outputPaths: ["hello.wav", "world.wav", "many.wav"].map((name) => join(folder, name)),
  model: "gpt-4o-mini-tts",
  voice: "onyx",
  maxConcurrent: 3,
});
for (const path of paths) console.log(path);
