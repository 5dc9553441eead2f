/** What the synthesis benchmarks share: lines to speak, a run that speaks them, and a fake service in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { SchedulerOptions } from "../src/scheduler/contract.ts";
import { openSynthesizer } from "../src/synthesis/catalogue.ts";
import { scheduleCalls } from "../src/synthesis/schedule.ts";
import type { SpokenLine } from "../src/synthesis/speak-each.ts";
import { speakLines } from "../src/synthesis/speak-lines.ts";
import { seededRandom } from "../test/support/seeded-random.ts";

export type ServiceName = "openai" | "elevenlabs";

const words =
  "the river carries what we said last night and nobody remembers who began to sing while rain came down over old roofs".split(
    " ",
  );
const voices: Readonly<Record<ServiceName, string>> = {
  openai: "alloy",
  elevenlabs: "21m00Tcm4TlvDq8ikWAM",
};

/** Seeded lines of 20 to 120 characters, no two alike; made one after the other, so that any number needs no memory. */
export function* makeLines(
  count: number,
  seed: number,
  service: ServiceName = "openai",
): Generator<SpokenLine, void, void> {
  const random = seededRandom(seed);
  for (let index = 0; index < count; index++) {
    const length = 20 + 100 * random();
    let text = `Line ${index}:`;
    while (text.length < length) text += ` ${words[Math.floor(random() * words.length)]}`;
    yield { id: `${index}`, text: `${text}.`, voice: voices[service] };
  }
}

export type RunResult = {
  readonly seconds: number;
  /** Lines without a clip. */
  readonly lost: number;
  /** Calls to the engine, and calls it refused as too many. */
  readonly calls: number;
  readonly throttled: number;
};

/** Speaks the lines through an engine and a scheduler of their own, into a directory that is removed afterwards. */
export async function speakOnce(
  service: ServiceName,
  url: string,
  lines: readonly SpokenLine[],
  options: SchedulerOptions,
): Promise<RunResult> {
  const directory = await mkdtemp(join(tmpdir(), "dubber-bench-"));
  const engine = await openSynthesizer(service, { env: environment(service, url) });
  const synthesizer = scheduleCalls(engine, options);
  try {
    const began = performance.now();
    const { clips } = await speakLines({ synthesizer, lines, directory });
    const seconds = (performance.now() - began) / 1000;
    const { calls, throttled } = synthesizer.state();
    return { seconds, lost: lines.length - clips.size, calls, throttled };
  } finally {
    await synthesizer.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** What the engine of a service reads to find the fake one. */
export function environment(service: ServiceName, url: string): Record<string, string> {
  return service === "openai"
    ? { OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: `${url}/v1` }
    : { ELEVENLABS_API_KEY: "test-key", ELEVENLABS_BASE_URL: url };
}

export type FakeProcess = AsyncDisposable & {
  readonly url: string;
  /** Calls that came, and calls refused as too many. */
  stats(): Promise<{ readonly requests: number; readonly refused: number }>;
};

/** A fake service in a process of its own, so that it takes no time from the one that speaks. */
export async function startFakeProcess(
  service: ServiceName,
  options: object,
  flags: readonly string[] = [],
): Promise<FakeProcess> {
  const script = join(import.meta.dirname, "../test/support/services/run-fake.ts");
  const json = JSON.stringify({ keepRequests: false, ...options });
  const child = spawn(process.execPath, [script, service, json, ...flags], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const early = exit.then(([code, signal]) => {
    throw new Error(`The fake service ended too early (${code ?? signal}).`);
  });
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), early])) as [
    string,
  ];
  // From here on an early end is found when the process is closed.
  early.catch(() => {});
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    stats: async () => (await fetch(`${url}/_stats`)).json() as ReturnType<FakeProcess["stats"]>,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) await early;
      child.stdin.end();
      await exit;
    },
  };
}
