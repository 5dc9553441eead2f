/**
 * Follows a batch while it runs: one item for each text as it ends. A text that failed is an item too, so one `for await`
 * sees everything, and leaving the loop ends the rest.
 *
 *   OPENAI_API_KEY=… node examples/batch-progress.ts FOLDER
 */
import { join } from "node:path";
import OpenAI from "openai";
import { makeSynthOpenaiBatch } from "../src/index.ts";

const [folder = "spoken"] = process.argv.slice(2);
const texts = ["One.", "Two, and a few words more.", "Three.", "Four, which is the last."];
const speak = makeSynthOpenaiBatch({
  client: new OpenAI(),
  model: "gpt-4o-mini-tts",
  voice: "onyx",
});

const outputPaths = texts.map((_, index) => join(folder, `${index + 1}.wav`));
for await (const { done, total, index, path, error } of speak.each(texts, outputPaths)) {
  console.log(`${done}/${total}  ${path ?? `"${texts[index]}" failed: ${error?.message}`}`);
}
