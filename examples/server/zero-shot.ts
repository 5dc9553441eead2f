/**
 * Speaks like a recording of 3 to 30 seconds. The server needs an engine that can, such as a CosyVoice server (COSYVOICE_URL).
 *
 *   node examples/server/zero-shot.ts my_voice_sample.wav "What is said in the recording." [FILE]
 *
 * DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
 */
import { DubberApiError, DubberClient } from "../../src/client/client.ts";

const [promptAudio = "my_voice_sample.wav", promptText = "", file = "cloned.wav"] =
  process.argv.slice(2);
const { DUBBER_URL: baseUrl, DUBBER_API_KEY: apiKey } = process.env;
const client = new DubberClient({ baseUrl, apiKey });

try {
  const text = "This is zero-shot voice cloning in async mode!";
  const task = await client.submit({ kind: "zero-shot", text, promptAudio, promptText });
  console.log(`Zero-shot task submitted: ${task.taskId}`);
  await client.wait(task);
  await client.download(task, { to: file });
  console.log(`Audio saved to ${file}`);
} catch (error) {
  if (!(error instanceof DubberApiError) || error.code !== "engine_unsupported") throw error;
  console.error(error.message);
  process.exitCode = 1;
}
