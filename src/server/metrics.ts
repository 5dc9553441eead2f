/** What the server counts, in Prometheus' form. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof openMetrics>;

/** What is measured when somebody looks. */
export type Gauges = {
  readonly queue: () => { readonly waiting: number; readonly processing: number };
  readonly disk: () => Promise<{ readonly used: number; readonly free: number }>;
};

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

export function openMetrics({ queue, disk }: Gauges) {
  const registry = new Registry();
  const registers = [registry];
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        this.set(await read());
      },
    });
  gauge("dubber_queue_depth", "Tasks that wait", () => queue().waiting);
  gauge("dubber_tasks_processing", "Tasks at work", () => queue().processing);
  gauge("dubber_disk_used_bytes", "Bytes of all kept files", async () => (await disk()).used);
  gauge("dubber_disk_free_bytes", "Bytes free on the disk", async () => (await disk()).free);
  gauge("dubber_event_loop_delay_p99_seconds", "Since the last look", () => {
    const p99 = delay.percentile(99) / 1e9;
    delay.reset();
    return Number.isFinite(p99) ? p99 : 0;
  });
  gauge("dubber_process_resident_memory_bytes", "Of the server's own process", () =>
    process.memoryUsage.rss(),
  );
  return {
    registry,
    tasks: new Counter({
      ...{ name: "dubber_tasks_total", help: "Tasks that ended", registers },
      labelNames: ["kind", "origin", "outcome"],
    }),
    errors: new Counter({
      ...{ name: "dubber_errors_total", help: "Refusals and failures by code", registers },
      labelNames: ["code"],
    }),
    cancellations: new Counter({
      ...{ name: "dubber_cancellations_total", help: "Tasks cancelled", registers },
    }),
    wait: new Histogram({
      ...{ name: "dubber_task_wait_seconds", help: "From submission to start", registers },
      ...{ buckets: seconds, labelNames: ["kind"] },
    }),
    firstByte: new Histogram({
      ...{
        name: "dubber_first_byte_seconds",
        help: "From request to the first byte of streamed sound",
        registers,
      },
      buckets: seconds,
    }),
    realTimeFactor: new Histogram({
      ...{
        name: "dubber_real_time_factor",
        help: "Seconds of work for a second of sound",
        registers,
      },
      ...{ buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], labelNames: ["engine"] },
    }),
    webhooks: new Counter({
      ...{ name: "dubber_webhooks_total", help: "Deliveries by outcome", registers },
      labelNames: ["outcome"],
    }),
    requests: new Counter({
      ...{ name: "dubber_http_requests_total", help: "Answers by route and status", registers },
      labelNames: ["route", "status"],
    }),
    close: () => delay.disable(),
  };
}
