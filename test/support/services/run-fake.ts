/**
 * A fake service as a process of its own, for benchmarks and for tests of the command line.
 *
 * Run: node run-fake.ts <openai|elevenlabs|cosyvoice> '{"seed":1,"failShare":0.1,"latency":{"baseMs":200}, …}'
 * It prints one line of JSON with its url, answers GET /_stats, and ends with its standard input or on SIGTERM.
 */
import { startFakeCosyvoice } from "./fake-cosyvoice.ts";
import { startFakeElevenlabs } from "./fake-elevenlabs.ts";
import { startFakeOpenai } from "./fake-openai.ts";
import { type SeededLatency, seededFaults, seededLatency } from "./seeded-behaviour.ts";

const kinds: Readonly<Record<string, typeof startFakeCosyvoice>> = {
  openai: startFakeOpenai,
  elevenlabs: startFakeElevenlabs,
  cosyvoice: startFakeCosyvoice,
};

const [kind = "", json = "{}"] = process.argv.slice(2);
const start = kinds[kind];
if (start === undefined) throw new Error(`Unknown service ${kind}; known: ${Object.keys(kinds)}.`);

const { seed = 1, failShare, latency, ...options } = JSON.parse(json) as FakeProcessOptions;
const service = await start({
  ...options,
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

type FakeProcessOptions = Omit<
  NonNullable<Parameters<typeof startFakeCosyvoice>[0]>,
  "latencyMs" | "fault"
> & {
  readonly seed?: number;
  /** Of all calls, 0–1. */
  readonly failShare?: number;
  readonly latency?: SeededLatency;
};
