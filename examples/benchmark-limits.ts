/**
 * How long the same 20 texts take with 1, 3, 5 and 10 requests in flight. It asks for 80 of them, which costs money at a
 * real service. `dubber bench` does the same for any engine and asks first.
 *
 *   OPENAI_API_KEY=… node examples/benchmark-limits.ts
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { processTtsBatch } from "../src/index.ts";

const texts = Array.from({ length: 20 }, (_, index) => `This is sentence number ${index + 1}.`);
const folder = await mkdtemp(join(tmpdir(), "benchmark-"));

async function measure(maxConcurrent: number): Promise<number> {
  const startedAt = performance.now();
  await processTtsBatch({
    client: new OpenAI(),
    texts,
    outputPaths: texts.map((_, index) => join(folder, `${maxConcurrent}`, `${index}.wav`)),
    model: "gpt-4o-mini-tts",
    voice: "onyx",
    maxConcurrent,
  });
  return (performance.now() - startedAt) / 1000;
}

try {
  let oneAtATime = 0;
  for (const limit of [1, 3, 5, 10]) {
    const seconds = await measure(limit);
    if (limit === 1) oneAtATime = seconds;
    const speedUp = (oneAtATime / seconds).toFixed(1);
    console.log(`${limit} in flight: ${seconds.toFixed(2)} s, ${speedUp} ×`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
