/**
 * The voice server on loopback: durable submits and status a second, latencies beside busy workers, the overhead of waiting on the line, the first
 * byte of a stream, many clients at once, and memory after many tasks. The load comes from another process; the engine is the embedded one, or
 * one that answers at once.
 *
 *   node bench/server.ts [--seconds 5] [--tasks 20000] [--stored 50000]
 */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { benchClients } from "./server-clients.ts";
import type { LoadReport, LoadSettings } from "./server-load.ts";
import type { ServerLook, ServerRunSettings } from "./server-run.ts";
import { embeddedAlone, timeOf } from "./server-times.ts";
import { median, printMachine, printTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    tasks: { type: "string", default: "20000" },
    stored: { type: "string", default: "50000" },
    only: { type: "string" },
  },
});
const seconds = Number(values.seconds);
const run = promisify(execFile);
const body = { text: "Hello, this is async voice synthesis!", voice_id: "ann" };
const submitPath = "/api/v1/async/synthesize/sft";

export type BenchServer = AsyncDisposable & {
  readonly url: string;
  look(): Promise<ServerLook>;
};

/** As it is installed: compiled. From the sources every process would hold the compiler that strips their types. */
async function build(): Promise<string> {
  const out = join(import.meta.dirname, "../.bench");
  await rm(out, { recursive: true, force: true });
  await run("tsc", ["-p", import.meta.dirname]);
  await copyFile(join(import.meta.dirname, "../package.json"), join(out, "package.json"));
  return join(out, "bench/server-run.js");
}
const script = await build();

async function startServer(settings: Omit<ServerRunSettings, "folder">): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), "dubber-bench-"));
  const child = fork(script, [JSON.stringify({ ...settings, folder })], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return {
    url,
    async look() {
      child.send("look");
      const [look] = (await once(child, "message")) as [ServerLook];
      return look;
    },
    async [Symbol.asyncDispose]() {
      child.send("stop");
      await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function load(settings: LoadSettings): Promise<LoadReport> {
  const loader = join(import.meta.dirname, "server-load.ts");
  const { stdout } = await run(process.execPath, [loader, JSON.stringify(settings)]);
  return JSON.parse(stdout) as LoadReport;
}

const submit = (url: string, rate?: number): Promise<LoadReport> =>
  load({
    url,
    connections: 50,
    seconds,
    method: "POST",
    path: submitPath,
    body,
    ...(rate && { rate }),
  });

async function throughput(): Promise<void> {
  const rows: Record<string, string>[] = [];
  const row = (what: string, report: LoadReport, bound: string) =>
    rows.push({
      what,
      "a second": report.perSecond.toFixed(0),
      "p50, ms": `${report.p50}`,
      "p99, ms": `${report.p99}`,
      errors: `${report.errors}`,
      bound,
    });
  {
    // Workers that never end a task: only the submits are measured.
    await using server = await startServer({ engine: "instant", callMs: 1e9 });
    await submit(server.url);
    row("submits, 50 connections, workers held", await submit(server.url), "≥ 5,000 /s");
  }
  {
    await using server = await startServer({ engine: "instant", callMs: 20 });
    row("submits at 300/s, 4 workers busy", await submit(server.url, 300), "p99 ≤ 25 ms");
  }
  for (const stored of [0, Number(values.stored)]) {
    await using server = await startServer({ engine: "instant", callMs: 1e9 });
    const { task_id: id } = (await (
      await fetch(`${server.url}${submitPath}`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      })
    ).json()) as { task_id: string };
    for (let total = 0; total < stored; ) total += (await submit(server.url)).total;
    const name = stored === 0 ? "" : `, ${stored} and more tasks stored`;
    const status = await load({
      url: server.url,
      connections: 50,
      seconds,
      method: "GET",
      path: `/api/v1/async/tasks/${id}/status`,
    });
    row(`status${name}`, status, stored === 0 ? "≥ 5,000 /s" : "within 20 %");
    if (stored > 0) row(`submits${name}`, await submit(server.url), "within 20 %");
  }
  printTable(`${seconds} s each, tasks flushed to disk before the answer`, rows);
}

async function times(): Promise<void> {
  await using server = await startServer({ engine: "embedded" });
  const alone = await embeddedAlone();
  const found = await timeOf(server.url);
  printTable("one client, the embedded engine, medians", [
    { what: "submit → start, a worker free", ms: found.toStart.toFixed(1), bound: "≤ 10" },
    { what: "the engine alone, one sentence", ms: alone.toFixed(1), bound: "" },
    { what: "synchronous call, the same sentence", ms: found.sync.toFixed(1), bound: "" },
    { what: "overhead", ms: (found.sync - alone).toFixed(1), bound: "≤ 10" },
    ...Object.entries(found.firstByte).map(([format, ms]) => ({
      ...{ what: `first byte of 1,000 characters, ${format}`, ms: ms.toFixed(0), bound: "≤ 150" },
    })),
  ]);
}

async function crowd(): Promise<void> {
  await using server = await startServer({ engine: "instant", callMs: 5 });
  await server.look();
  const report = await benchClients(server.url, {
    polling: 1000,
    streaming: 200,
    seconds: 2 * seconds,
  });
  const look = await server.look();
  printTable("1,000 clients polling and 200 streaming at once", [
    {
      "status answers": `${report.polls}`,
      "streams ended well": `${report.streams}`,
      errors: `${report.errors}`,
      "event loop p99, ms": look.delayP99Ms.toFixed(1),
      "event loop max, ms": look.delayMaxMs.toFixed(0),
      "memory, MiB": look.rssMib.toFixed(0),
      bound: "0 errors, p99 ≤ 50 ms, 200 MB",
    },
  ]);
}

async function leak(): Promise<void> {
  await using server = await startServer({
    ...{ engine: "instant", variables: { TASK_CLEANUP_INTERVAL: "1", MAX_TASK_AGE: "1" } },
  });
  const rows: Record<string, string>[] = [];
  const total = Number(values.tasks);
  for (let done = 0; done < total; ) {
    const report = await load({
      url: server.url,
      connections: 20,
      seconds,
      method: "POST",
      path: "/api/v1/synthesize/sft",
      body,
    });
    done += report.total;
    const look = await server.look();
    rows.push({
      tasks: `${done}`,
      "a second": report.perSecond.toFixed(0),
      "memory, MiB": look.rssMib.toFixed(0),
      "heap, MiB": look.heapMib.toFixed(0),
      errors: `${report.errors}`,
    });
  }
  printTable("tasks to their end, an instant engine, old ones swept", rows);
  const last = rows.slice(-3).map((row) => Number(row["memory, MiB"]));
  console.log(`\nmedian of the last three: ${median(last)} MiB`);
}

if (values.only === undefined || values.only === "throughput") await throughput();
if (values.only === undefined || values.only === "times") await times();
if (values.only === undefined || values.only === "crowd") await crowd();
if (values.only === undefined || values.only === "leak") await leak();
printMachine();
