/** The load of `bench/server.ts`, in a process of its own, so that it does not share a thread with what it measures. Prints one JSON line. */
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
const result = await autocannon({
  url: `${settings.url}${settings.path}`,
  ...{ connections: settings.connections, duration: settings.seconds, method: settings.method },
  ...(settings.rate !== undefined && { overallRate: settings.rate }),
  ...(settings.body !== undefined && {
    body: JSON.stringify(settings.body),
    headers: { "content-type": "application/json" },
  }),
});
const report: LoadReport = {
  perSecond: result["2xx"] / result.duration,
  ...{ p50: result.latency.p50, p99: result.latency.p99, max: result.latency.max },
  ...{ total: result["2xx"], errors: result.errors + result.timeouts + result.non2xx },
};
console.log(JSON.stringify(report));
