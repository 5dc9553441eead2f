/**
 * Speaks a long text file, one line of it after the other, in batches of 50. Memory does not ask for this (a single batch
 * does not grow with its number of lines); it is for programs that want to stop, report or pay between batches.
 *
 *   OPENAI_API_KEY=… node examples/batches-of-50.ts LINES.txt FOLDER
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI from "openai";
import { makeSynthOpenaiBatch } from "../src/index.ts";

const [file, folder = "spoken"] = process.argv.slice(2);
if (file === undefined) throw new Error("Usage: node examples/batches-of-50.ts LINES.txt FOLDER");

const batchSize = 50;
const texts = (await readFile(file, "utf8")).split("\n").filter((line) => line.trim() !== "");
const paths = texts.map((_, index) => join(folder, `${String(index + 1).padStart(4, "0")}.wav`));

// One function for all batches: the limit holds over everything it speaks.
const speak = makeSynthOpenaiBatch({
  client: new OpenAI(),
  model: "gpt-4o-mini-tts",
  voice: "onyx",
  maxConcurrent: 5,
});
for (let start = 0; start < texts.length; start += batchSize) {
  const end = Math.min(start + batchSize, texts.length);
  await speak(texts.slice(start, end), paths.slice(start, end));
  console.log(`${start + 1}–${end} of ${texts.length}`);
}
