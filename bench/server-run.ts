/**
 * The server of `bench/server.ts`, in a process of its own: with an engine that answers at once, or the embedded one. Its parent asks it over
 * IPC how it is.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pino } from "pino";
import { collectEarly, keepHeapSmall } from "../src/core/small-heap.ts";
import { serve } from "../src/server/serve.ts";
import { readServerSettings } from "../src/server/settings.ts";
import { makeFakeEngine } from "../test/support/fake-engine.ts";

export type ServerRunSettings = {
  readonly folder: string;
  readonly engine: "instant" | "embedded";
  /** How long the instant engine takes for a call, ms. */
  readonly callMs?: number;
  readonly variables?: Readonly<Record<string, string>>;
};

/** What it answers to `look`; since the last look. */
export type ServerLook = {
  readonly rssMib: number;
  readonly heapMib: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
};

keepHeapSmall();
collectEarly();
const {
  folder,
  engine,
  callMs = 0,
  variables = {},
} = JSON.parse(process.argv[2] ?? "{}") as ServerRunSettings;
const env = { ...process.env, ...variables };
const settings = readServerSettings({
  ...{ PORT: "0", DATA_DIR: folder, MAX_QUEUED_TASKS: "1000000", ...variables },
});
const fake = makeFakeEngine({ name: "instant", ms: callMs, secondsPerCharacter: 0.002 });
const logger = pino(
  { level: "info", base: null },
  pino.destination({ dest: "/dev/null", sync: false, minLength: 4096 }),
);
const server = await serve({
  ...{ env, logger },
  settings: { ...settings, engine },
  engines: engine === "instant" ? { instant: async () => fake } : {},
});
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
process.on("message", (message) => {
  if (message === "stop") {
    void server.close().then(() => process.exit(0));
    return;
  }
  const look: ServerLook = {
    rssMib: process.memoryUsage.rss() / 2 ** 20,
    heapMib: process.memoryUsage().heapUsed / 2 ** 20,
    // The histogram measures the resolution as well.
    delayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - 5),
    delayMaxMs: Math.max(0, delay.max / 1e6 - 5),
  };
  delay.reset();
  process.send?.(look);
});
process.send?.({ url: server.url });
