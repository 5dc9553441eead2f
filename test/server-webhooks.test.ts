/** Webhooks of a running server, up to a receiver with TLS: who is told of which end, signed, and again after a restart. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { verifyWebhook } from "../src/client/verify-webhook.ts";
import { DubberError } from "../src/core/error.ts";
import { type Receiver, startReceiver } from "../src/server/webhooks/testing/receiver.ts";
import { makeFakeEngine } from "./support/fake-engine.ts";
import {
  openServer,
  type TestServer,
  type TestServerOptions,
  untilEnded,
} from "./support/server.ts";

const sft = "/api/v1/async/synthesize/sft";
const secret = "a secret for tests";
const order = { text: "Some words.", voice_id: "ann", callback_url: "https://hooks.example/done" };

/** A server whose webhooks all come to the receiver. */
const serverFor = (receiver: Receiver, options: TestServerOptions = {}): Promise<TestServer> =>
  openServer({
    ...options,
    variables: { WEBHOOK_SECRET: secret, ...options.variables },
    delivery: {
      resolve: async () => [{ address: "93.184.216.34", family: 4 }],
      ...{ connect: receiver.connect, ca: receiver.ca },
    },
  });

/** What the receiver was told; each message is checked as a receiver checks it. */
const toldTo = ({ received }: Receiver) =>
  received.map(({ headers, body }) => {
    const { id } = verifyWebhook({ headers, body, secret });
    return { id, ...JSON.parse(body) };
  });

it("a task that completes tells its status and its result, signed", async () => {
  await using receiver = await startReceiver();
  await using server = await serverFor(receiver);
  const { json } = await server.ask("POST", sft, order);
  const status = await untilEnded(server, json.task_id);
  await expect.poll(() => receiver.received.length, { timeout: 5000 }).toBe(1);
  const result = (await server.ask("GET", json.result_url)).json;
  expect(toldTo(receiver)).toEqual([
    {
      ...{ id: expect.stringMatching(/^msg_[0-9a-f]{32}$/), type: "task.completed" },
      timestamp: new Date(status.completed_at * 1000).toISOString(),
      data: { ...status, result },
    },
  ]);
});

it("a task that fails tells why", async () => {
  const fail = () => new DubberError("engine_failed", "The engine says no.");
  await using receiver = await startReceiver();
  await using server = await serverFor(receiver, { engine: makeFakeEngine({ fail }) });
  const { json } = await server.ask("POST", sft, order);
  const status = await untilEnded(server, json.task_id);
  await expect.poll(() => receiver.received.length, { timeout: 5000 }).toBe(1);
  expect(toldTo(receiver)).toMatchObject([{ type: "task.failed", data: status }]);
});

it("a task that is cancelled is told of at once, at work or not", async () => {
  await using receiver = await startReceiver();
  const engine = makeFakeEngine({ gate: new Promise(() => {}) });
  await using server = await serverFor(receiver, {
    engine,
    variables: { MAX_SYNTHESIS_WORKERS: "1" },
  });
  const atWork = (await server.ask("POST", sft, order)).json.task_id;
  await expect.poll(() => engine.inFlight).toBe(1);
  const waiting = (await server.ask("POST", sft, order)).json.task_id;
  for (const [index, id] of [waiting, atWork].entries()) {
    expect((await server.ask("DELETE", `/api/v1/async/tasks/${id}`)).status).toBe(200);
    await expect.poll(() => receiver.received.length, { timeout: 5000 }).toBe(index + 1);
    expect(toldTo(receiver).at(-1)).toMatchObject({
      ...{ type: "task.failed", data: { task_id: id, cancelled: true } },
    });
  }
});

it("what a receiver did not take is sent again by the next start, under the same id", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dubber-webhooks-"));
  let status = 503;
  await using receiver = await startReceiver((response) => response.writeHead(status).end());
  try {
    {
      await using server = await serverFor(receiver, { folder });
      await server.ask("POST", sft, order);
      await expect
        .poll(async () => (await server.ask("GET", "/metrics")).bytes.toString())
        .toContain('dubber_webhooks_total{outcome="will_retry"} 1');
    }
    // The wait before the second try is over.
    const database = new DatabaseSync(join(folder, "dubber.db"));
    expect(database.prepare("UPDATE outbox SET due_at = 0").run().changes).toBe(1);
    database.close();
    status = 204;
    await using server = await serverFor(receiver, { folder });
    await expect
      .poll(async () => (await server.ask("GET", "/metrics")).bytes.toString())
      .toContain('dubber_webhooks_total{outcome="delivered"} 1');
    const [first, again] = toldTo(receiver);
    expect(again).toEqual(first);
    expect(receiver.received).toHaveLength(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("a receiver that does not answer holds no server up: it is told by the next start", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dubber-webhooks-"));
  let isSilent = true;
  await using receiver = await startReceiver((response) => {
    if (!isSilent) response.writeHead(204).end();
  });
  try {
    const server = await serverFor(receiver, { folder, variables: { SHUTDOWN_TIMEOUT: "0.5" } });
    await server.ask("POST", sft, order);
    await expect.poll(() => receiver.received.length, { timeout: 5000 }).toBe(1);
    const startedAt = performance.now();
    await server.close();
    expect(performance.now() - startedAt).toBeLessThan(1000);
    isSilent = false;
    await using next = await serverFor(receiver, { folder });
    await expect
      .poll(async () => (await next.ask("GET", "/metrics")).bytes.toString())
      .toContain('dubber_webhooks_total{outcome="delivered"} 1');
    const [first, again] = toldTo(receiver);
    expect(again).toEqual(first);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("a task without a callback_url is told to nobody; who waits on the line cannot ask for it", async () => {
  await using receiver = await startReceiver();
  await using server = await serverFor(receiver);
  const { callback_url: _, ...silent } = order;
  await untilEnded(server, (await server.ask("POST", sft, silent)).json.task_id);
  const onTheLine = await server.ask("POST", "/api/v1/synthesize/sft", order);
  expect(onTheLine).toMatchObject({ status: 422, json: { error: "validation_error" } });
  // Whoever is told, is told in order.
  const { json } = await server.ask("POST", sft, order);
  await expect.poll(() => receiver.received.length, { timeout: 5000 }).toBe(1);
  expect(toldTo(receiver)).toMatchObject([{ data: { task_id: json.task_id } }]);
});
