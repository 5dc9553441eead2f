/** Servers for tests: one inside the test, with engines that do as they are told, or the real command as a process. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pino } from "pino";
import { type RunningServer, type ServeOptions, serve } from "../../src/server/serve.ts";
import { readServerSettings } from "../../src/server/settings.ts";
import { type Ended, start } from "./command.ts";
import { type FakeEngine, makeFakeEngine } from "./fake-engine.ts";
import { openedOnce } from "./opened-once.ts";

export type TestServer = AsyncDisposable &
  RunningServer & {
    /** Speaks where a voice does not say who; its voices are `ann` and `bob`. */
    readonly engine: FakeEngine;
    /** The data directory. */
    readonly folder: string;
    /** A request to the server; JSON bodies may be given as objects. */
    ask(
      method: string,
      path: string,
      body?: unknown,
      headers?: Record<string, string>,
    ): Promise<Answer>;
  };

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  /** Of a JSON answer, else undefined. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  readonly json: any;
  readonly bytes: Buffer;
};

export type TestServerOptions = Partial<Omit<ServeOptions, "settings">> & {
  /** Variables, as in the environment. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly engine?: FakeEngine;
  /** A data directory to go on with; it is kept then. */
  readonly folder?: string;
};

/** Starts a server in this process, on a free port. */
export async function openServer({
  variables = {},
  engine = makeFakeEngine(),
  folder: given,
  ...options
}: TestServerOptions = {}): Promise<TestServer> {
  const folder = given ?? (await mkdtemp(join(tmpdir(), "dubber-server-")));
  const env = { PATH: process.env.PATH, HOME: folder, ...variables };
  const settings = readServerSettings({
    PORT: "0",
    DATA_DIR: folder,
    SHUTDOWN_TIMEOUT: "1",
    ...env,
  });
  const server = await serve({
    ...{ env, logger: pino({ level: "silent" }), findTools: openedOnce.findTools },
    // No wait before another try, unless a test brings its own.
    ...{ random: () => 0, ...options },
    settings: { ...settings, ...(variables.TTS_ENGINE === undefined && { engine: engine.name }) },
    engines: { [engine.name]: async () => engine, ...options.engines },
  });
  return {
    ...{ engine, folder, url: server.url, close: server.close },
    ask: (...request) => ask(server.url, ...request),
    async [Symbol.asyncDispose]() {
      await server.close();
      if (given === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function ask(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const isRaw = body instanceof FormData || typeof body === "string" || body instanceof Uint8Array;
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body !== undefined && !isRaw && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: (isRaw ? body : JSON.stringify(body)) as FormData }),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const isJson = /\bjson\b/.test(answer.headers.get("content-type") ?? "");
  return {
    ...{ status: answer.status, headers: answer.headers, bytes },
    json: isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined,
  };
}

/** Killed at the end, if it is still there. */
export type ServerProcess = AsyncDisposable & {
  readonly url: string;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Sends the signal and waits for the end. Default SIGTERM. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
};

/** Starts `dubber serve` as a process, on a free port, and waits until it listens. */
export async function startServer(
  folder: string,
  {
    env = {},
    args = [],
    cwd = tmpdir(),
  }: {
    readonly env?: NodeJS.ProcessEnv;
    readonly args?: readonly string[];
    readonly cwd?: string;
  } = {},
): Promise<ServerProcess> {
  const running = start(["serve", "--json", "--port", "0", "--data-dir", folder, ...args], {
    env,
    cwd,
  });
  const { process: child, ended } = running;
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const event = JSON.parse(line) as { type: string; url?: string };
      if (event.type === "listening" && event.url !== undefined) resolve(event.url);
    });
    ended.then(({ stdout, stderr }) => reject(new Error(`dubber serve ended: ${stdout}${stderr}`)));
  });
  return {
    ...{ url, pid: child.pid as number, ended },
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return await ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
    ask: (...request) => ask(url, ...request),
  };
}

/** Asks until the task has ended, and gives its status. */
export async function untilEnded(
  server: Pick<TestServer, "ask">,
  taskId: string,
  headers: Record<string, string> = {},
  // biome-ignore lint/suspicious/noExplicitAny: as above.
): Promise<any> {
  for (;;) {
    const { json } = await server.ask(
      "GET",
      `/api/v1/async/tasks/${taskId}/status?wait=10`,
      undefined,
      headers,
    );
    if (json.status === "completed" || json.status === "failed") return json;
    if (json.error !== undefined) throw new Error(JSON.stringify(json));
  }
}
