/**
 * Waiting with a limit, telling errors apart, and a batch with so many at once.
 *
 *   node examples/server/best-practices.ts
 *
 * DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
 */
import { DubberApiError, DubberClient, type SpeechResult } from "../../src/client/client.ts";

const { DUBBER_URL: baseUrl, DUBBER_API_KEY: apiKey } = process.env;
// Broken connections and refusals that pass are asked again by the client, and never create a task twice.
const client = new DubberClient({ baseUrl, apiKey, retries: 4 });

/** Speaks one text; undefined, and a line about why, when that fails. */
async function safeSynthesis(text: string, voiceId: string): Promise<SpeechResult | undefined> {
  try {
    const task = await client.submit({ text, voiceId });
    await client.wait(task, { timeoutMs: 300_000 });
    return await client.result(task);
  } catch (error) {
    if (!(error instanceof DubberApiError)) throw error;
    const advice = error.retryable ? "worth another try later" : "another try is of no use";
    console.log(`"${text}" failed: ${error.code}: ${error.message} (${advice})`);
    return undefined;
  }
}

/** Many texts, `maxConcurrent` at once; results in the order of the texts. */
async function processBatch(texts: readonly string[], voiceId: string, maxConcurrent = 5) {
  const results: (SpeechResult | undefined)[] = [];
  const waiting = texts.entries();
  const work = async () => {
    // All workers take from one list.
    for (const [index, text] of waiting) results[index] = await safeSynthesis(text, voiceId);
  };
  await Promise.all(Array.from({ length: maxConcurrent }, work));
  return results;
}

const texts = ["One.", "Two, a little longer.", "…!", "Four: the third had nothing to say."];
for (const [index, result] of (await processBatch(texts, "pretrained_voice_001")).entries()) {
  console.log(`${index + 1}: ${result === undefined ? "failed" : `${result.duration} s`}`);
}
