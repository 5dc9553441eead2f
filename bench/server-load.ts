/**
 * The load of `bench/server.ts`, in a process of its own, so that it does not share a thread with what it measures. Prints one JSON line.
 *
 * As fast as it goes: autocannon. At a fixed rate: requests at even distances, each timed from its own start (autocannon sends those of a second
 * together, which measures its own queue).
 */
import { Agent, request } from "node:http";
import autocannon from "autocannon";

export type LoadSettings = {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  /** Requests a second, over all connections; as many as it goes without. */
  readonly rate?: number;
};

export type LoadReport = {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly total: number;
  readonly errors: number;
};

const settings = JSON.parse(process.argv[2] ?? "{}") as LoadSettings;
const { rate } = settings;
const report = rate === undefined ? await atFullSpeed(settings) : await atRate(settings, rate);
console.log(JSON.stringify(report));

async function atFullSpeed({
  url,
  path,
  connections,
  seconds,
  method,
  body,
}: LoadSettings): Promise<LoadReport> {
  const result = await autocannon({
    ...{ url: `${url}${path}`, connections, duration: seconds, method },
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    }),
  });
  return {
    perSecond: result["2xx"] / result.duration,
    ...{ p50: result.latency.p50, p99: result.latency.p99, max: result.latency.max },
    ...{ total: result["2xx"], errors: result.errors + result.timeouts + result.non2xx },
  };
}

async function atRate(
  { url, path, connections, seconds, method, body }: LoadSettings,
  perSecond: number,
): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  const times: number[] = [];
  let errors = 0;
  const one = (): Promise<void> => {
    const from = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    const fail = () => {
      errors += 1;
      resolve();
    };
    const asking = request(`${url}${path}`, { agent, method, headers }, (answer) => {
      answer.resume();
      answer.once("error", fail);
      answer.once("end", () => {
        if (answer.statusCode !== 200) return fail();
        times.push(performance.now() - from);
        resolve();
      });
    });
    asking.once("error", fail);
    asking.end(text);
    return promise;
  };
  const all: Promise<void>[] = [];
  const start = performance.now();
  for (let index = 0; index < perSecond * seconds; index++) {
    const wait = start + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    all.push(one());
  }
  await Promise.all(all);
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    Number((times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0).toFixed(1));
  const took = (performance.now() - start) / 1000;
  return {
    ...{ perSecond: times.length / took, p50: at(0.5), p99: at(0.99), max: at(1) },
    ...{ total: times.length, errors },
  };
}
