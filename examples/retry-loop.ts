/**
 * A retry loop of one's own: `maxRetries: 0` leaves failed requests to it. What failed in a way that another try may mend is
 * asked for again, what was spoken is not. Most programs do not need this: without `maxRetries` Dubber does it.
 *
 *   OPENAI_API_KEY=… node examples/retry-loop.ts FOLDER [FIRST_WAIT_MS]
 */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import OpenAI from "openai";
import { BatchError, makeSynthOpenaiBatch } from "../src/index.ts";

const [folder = "spoken", firstWaitMs = "1000"] = process.argv.slice(2);
const tries = 4;
const texts = ["The first line.", "The second line, a little longer.", "And the last one."];
const speak = makeSynthOpenaiBatch({
  client: new OpenAI(),
  model: "gpt-4o-mini-tts",
  voice: "onyx",
  maxRetries: 0,
});

let open = texts.map((text, index) => ({ text, path: join(folder, `${index + 1}.wav`) }));
for (let attempt = 1; open.length > 0; attempt++) {
  try {
    const paths = open.map(({ path }) => path);
    await speak(
      open.map(({ text }) => text),
      paths,
    );
    open = [];
  } catch (error) {
    if (!(error instanceof BatchError) || attempt === tries) throw error;
    const errors = error.results.map((result) => ("error" in result ? result.error : undefined));
    for (const hopeless of errors.filter((one) => one !== undefined && !one.retryable)) {
      console.error(`Given up: ${hopeless?.message}`);
      process.exitCode = 1;
    }
    open = open.filter((_, index) => errors[index]?.retryable);
    console.log(`Attempt ${attempt}: ${open.length} of ${texts.length} are asked for again.`);
    await wait(Number(firstWaitMs) * 2 ** (attempt - 1));
  }
}
console.log("Done.");
