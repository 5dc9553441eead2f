/**
 * Speaks one sentence into a WAV file with OpenAI, or with any server that speaks its API.
 *
 *   OPENAI_API_KEY=… node examples/speak-one.ts "Hello, world!" hello.wav
 *   OPENAI_API_KEY=none OPENAI_BASE_URL=http://127.0.0.1:8000/v1 node examples/speak-one.ts
 */
import OpenAI from "openai";
import { ttsSpeakOpenai } from "../src/index.ts";

const [text = "Hello, world!", outPath = "hello.wav"] = process.argv.slice(2);

await ttsSpeakOpenai({
  client: new OpenAI(),
  text,
  model: "gpt-4o-mini-tts",
  voice: "onyx",
  instructions: "Warm and unhurried.",
  outPath,
});
console.log(outPath);
