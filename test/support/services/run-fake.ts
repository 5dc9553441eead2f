/**
 * A fake service as a process of its own, for benchmarks and for tests of the command line.
 *
 * Run: node run-fake.ts <openai|elevenlabs|cosyvoice> '{"seed":1,"failShare":0.1,"latency":{"baseMs":200}, …}' [flags]
 * Flags for openai: --recording FILE.wav (16 kHz) with --transcript FILE.json, a list of phrases {start, end, text, words?}, to
 * recognise them; --translate LANGUAGE (`asked`: the one a question names) to answer the project's questions to a language model.
 * It prints one line of JSON with its url, answers GET /_stats, and ends with its standard input or on SIGTERM.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type FakeCosyvoiceOptions, startFakeCosyvoice } from "./fake-cosyvoice.ts";
import { startFakeElevenlabs } from "./fake-elevenlabs.ts";
import { startFakeOpenai } from "./fake-openai.ts";
import type { ChatOptions } from "./openai-chat.ts";
import type { TranscriptionOptions } from "./openai-transcription.ts";
import { readWav } from "./read-wav.ts";
import { type SeededLatency, seededFaults, seededLatency } from "./seeded-behaviour.ts";
import type { SpokenPhrase } from "./spoken-phrases.ts";
import { translateInto } from "./translate-into.ts";

const kinds = {
  openai: startFakeOpenai,
  elevenlabs: startFakeElevenlabs,
  cosyvoice: startFakeCosyvoice,
} as const;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    recording: { type: "string" },
    transcript: { type: "string" },
    translate: { type: "string" },
  },
});
const [kind = "", json = "{}"] = positionals;
const start: typeof startFakeOpenai | undefined = kinds[kind as keyof typeof kinds];
if (start === undefined) throw new Error(`Unknown service ${kind}; known: ${Object.keys(kinds)}.`);

const { seed = 1, failShare, latency, ...options } = JSON.parse(json) as FakeProcessOptions;
const { recording, transcript, translate } = values;
const service = await start({
  ...options,
  transcription: {
    ...options.transcription,
    ...(recording !== undefined && { recording: readRecording(recording) }),
    ...(transcript !== undefined && {
      transcript: JSON.parse(readFileSync(transcript, "utf8")) as SpokenPhrase[],
    }),
  },
  chat: {
    ...options.chat,
    ...(translate !== undefined && {
      answer: translateInto(translate === "asked" ? undefined : translate),
    }),
  },
  ...(latency && { latencyMs: seededLatency(seed, latency) }),
  ...(failShare && { fault: seededFaults(seed, failShare) }),
});

async function end(): Promise<void> {
  await service.close();
  process.exit(0);
}
process.once("SIGTERM", end);
process.stdin.once("end", end).once("error", end).resume();
process.stdout.write(`${JSON.stringify({ url: service.url })}\n`);

function readRecording(path: string): Int16Array {
  const sound = readWav(readFileSync(path));
  if (sound?.sampleRate !== 16_000) throw new Error(`${path} is no 16-bit mono WAV at 16 kHz.`);
  return sound.samples;
}

/** What JSON can say of the options of all three. */
type FakeProcessOptions = Omit<FakeCosyvoiceOptions, "latencyMs" | "fault"> & {
  readonly seed?: number;
  /** Of all calls, 0–1. */
  readonly failShare?: number;
  readonly latency?: SeededLatency;
  readonly transcription?: TranscriptionOptions;
  readonly chat?: ChatOptions;
};
