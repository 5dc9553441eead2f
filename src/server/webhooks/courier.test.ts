import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../test/support/virtual-clock.ts";
import { readSecrets } from "../../api/webhook-signature.ts";
import { Courier, type CourierOptions, type DeliveryReport, wallClock } from "./courier.ts";
import { type Delivery, openDelivery } from "./deliver.ts";
import type { OutboxMessage } from "./outbox.ts";
import { MemoryOutbox } from "./testing/outbox.ts";
import { startReceiver } from "./testing/receiver.ts";

const delivered: Delivery = { outcome: "delivered", status: 200 };
const failed: Delivery = { outcome: "failed", status: 500, reason: "The receiver answered 500." };
const hour = 3_600_000;

type Sent = { readonly id: string; readonly host: string; readonly atMs: number };

/** A courier in virtual time, and what it did. */
function setUp(
  deliver: (message: OutboxMessage, signal: AbortSignal) => Promise<Delivery> | Delivery,
  options: Partial<CourierOptions> = {},
) {
  const clock = new VirtualClock();
  const outbox = new MemoryOutbox();
  const sent: Sent[] = [];
  const reports: DeliveryReport[] = [];
  const troubles: unknown[] = [];
  const start = () =>
    new Courier({
      ...{ outbox, clock, random: () => 0.5 },
      deliver: async (message, { signal }) => {
        const { id, host } = message as OutboxMessage;
        sent.push({ id, host, atMs: clock.now() });
        return deliver(message as OutboxMessage, signal);
      },
      onDelivery: (report) => reports.push(report),
      onTrouble: (error) => troubles.push(error),
      ...options,
    });
  return { clock, outbox, sent, reports, troubles, start };
}

/** Answers when it is told to. */
function held() {
  const waiting: { readonly id: string; readonly answer: (delivery: Delivery) => void }[] = [];
  const deliver = ({ id }: OutboxMessage, signal: AbortSignal) =>
    new Promise<Delivery>((answer, reject) => {
      waiting.push({ id, answer });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  return { waiting, deliver };
}

describe("the courier", () => {
  it("delivers what is due, and what falls due, each once", async () => {
    const { clock, outbox, sent, reports, start } = setUp(() => delivered);
    outbox.put({ id: "later", dueAtMs: 20 * hour });
    outbox.put({ id: "now" });
    const courier = start();
    await clock.run(outbox.settled);
    expect(sent).toEqual([
      { id: "now", host: "hooks.example", atMs: 0 },
      { id: "later", host: "hooks.example", atMs: 20 * hour },
    ]);
    expect(reports[0]).toEqual({
      ...{ id: "now", host: "hooks.example", outcome: "delivered", status: 200 },
      ...{ reason: undefined, attempts: 1, ms: 0 },
    });
    await clock.run(courier.close());
    expect(clock.sleeping).toBe(0);
  });

  it("is woken for what was written while it slept, or while it looked", async () => {
    const { clock, outbox, sent, start } = setUp(() => delivered);
    const courier = start();
    await clock.advance(1000);
    outbox.put({ id: "one", dueAtMs: 1000 });
    courier.wake();
    await clock.advance(0);
    expect(sent.map(({ id }) => id)).toEqual(["one"]);
    let looks = 0;
    outbox.beforeUse = () => {
      looks += 1;
      // After the messages were listed, before the next due time is asked for.
      if (looks !== 2) return;
      outbox.put({ id: "two", dueAtMs: 1000 });
      courier.wake();
    };
    courier.wake();
    await clock.advance(0);
    expect(sent.map(({ id }) => id)).toEqual(["one", "two"]);
    await clock.run(courier.close());
  });

  it("finds within five minutes what nobody woke it for", async () => {
    const { clock, outbox, sent, start } = setUp(() => delivered);
    outbox.put({ id: "later", dueAtMs: hour });
    const courier = start();
    await clock.advance(1000);
    outbox.put({ id: "one", dueAtMs: 1000 });
    await clock.advance(300_000);
    expect(sent).toHaveLength(1);
    await clock.run(courier.close());
  });

  it("tries ten times on the schedule, then gives up", async () => {
    const { clock, outbox, sent, reports, start } = setUp(() => failed);
    outbox.put({ id: "one" });
    const courier = start();
    await clock.run(outbox.settled);
    const minutes = [0, 5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440];
    let atMs = 0;
    const expected = minutes.map((wait) => {
      atMs += wait * 60_000;
      return Math.round(atMs);
    });
    expect(sent.map((one) => one.atMs)).toEqual(expected);
    expect(outbox.messages.get("one")).toMatchObject({ state: "given_up", attempts: 10 });
    expect(reports.map(({ outcome }) => outcome)).toEqual([
      ...Array(9).fill("will_retry"),
      "given_up",
    ]);
    expect(reports.at(-1)).toMatchObject({ attempts: 10, status: 500 });
    await clock.run(courier.close());
  });

  it("waits as long as the receiver asks", async () => {
    const busy = { ...failed, status: 429, retryAfterMs: 90_000 };
    const { clock, outbox, sent, start } = setUp(() => (sent.length < 2 ? busy : delivered));
    outbox.put({ id: "one" });
    const courier = start();
    await clock.run(outbox.settled);
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 90_000]);
    await clock.run(courier.close());
  });

  it("gives up at once what is hopeless", async () => {
    const reason = "The callback_url's host is not public.";
    const { clock, outbox, sent, reports, start } = setUp(() => ({ outcome: "hopeless", reason }));
    outbox.put({ id: "one" });
    const courier = start();
    await clock.run(outbox.settled);
    expect(sent).toHaveLength(1);
    expect(outbox.messages.get("one")).toMatchObject({ state: "given_up", reason });
    expect(reports).toMatchObject([{ outcome: "given_up", reason, attempts: 1 }]);
    await clock.run(courier.close());
  });

  it("goes on where another process stopped", async () => {
    const { clock, outbox, sent, start } = setUp(() => failed);
    outbox.put({ id: "one", attempts: 8 });
    const courier = start();
    await clock.run(outbox.settled);
    expect(sent).toHaveLength(2);
    await clock.run(courier.close());
  });

  it("delivers eight at once, two of them to one host, and hides nobody behind a slow one", async () => {
    const { waiting, deliver } = held();
    const { clock, outbox, sent, start } = setUp(deliver);
    for (let index = 0; index < 100; index++) {
      outbox.put({ id: `slow ${index}`, url: "https://slow.example:1/" });
    }
    for (let index = 0; index < 9; index++) {
      outbox.put({ id: `${index}`, url: `https://${index}.example/`, dueAtMs: 0 });
    }
    const courier = start();
    await clock.advance(0);
    const expected = ["slow 0", "slow 1", "0", "1", "2", "3", "4", "5"];
    expect(waiting.map(({ id }) => id)).toEqual(expected);
    waiting[2]?.answer(delivered);
    await clock.advance(0);
    expect(waiting.map(({ id }) => id)).toEqual([...expected, "6"]);
    waiting[0]?.answer(delivered);
    await clock.advance(0);
    expect(sent.at(-1)?.id).toBe("slow 2");
    await clock.run(courier.close());
  });

  it("survives an outbox that fails, and tells of it", async () => {
    const { clock, outbox, sent, troubles, start } = setUp(() => delivered);
    outbox.put({ id: "one" });
    let failures = 3;
    outbox.beforeUse = () => {
      if (failures-- > 0) throw new Error("The disk is full.");
    };
    const courier = start();
    await clock.run(outbox.settled);
    expect(sent).toEqual([{ id: "one", host: "hooks.example", atMs: 3000 }]);
    expect(troubles).toHaveLength(3);
    await clock.run(courier.close());
  });

  it("does not send again what it could not note", async () => {
    const { clock, outbox, sent, troubles, start } = setUp(() => delivered);
    outbox.put({ id: "one" });
    const note = outbox.delivered.bind(outbox);
    outbox.delivered = async (id) => {
      if (clock.now() < hour) throw new Error("The disk is full.");
      return note(id);
    };
    const courier = start();
    await clock.run(outbox.settled);
    expect(sent).toHaveLength(1);
    expect(troubles).toHaveLength(3600);
    await clock.run(courier.close());
  });

  it("counts a mistake of its own as a failed try", async () => {
    const mistake = new Error("A mistake.");
    const { clock, outbox, troubles, start } = setUp(() => Promise.reject(mistake));
    outbox.put({ id: "one", attempts: 9 });
    const courier = start();
    await clock.run(outbox.settled);
    expect(troubles).toEqual([mistake]);
    const kept = { state: "given_up", reason: "It could not be sent." };
    expect(outbox.messages.get("one")).toMatchObject(kept);
    await clock.run(courier.close());
  });

  it("goes on when whoever listens to it fails", async () => {
    const mistake = new Error("A mistake.");
    const onDelivery = () => {
      throw mistake;
    };
    const { clock, outbox, troubles, start } = setUp(() => delivered, { onDelivery });
    outbox.put({ id: "one" });
    outbox.put({ id: "two", dueAtMs: 1000 });
    const courier = start();
    await clock.run(outbox.settled);
    expect(troubles).toEqual([mistake, mistake]);
    await clock.run(courier.close());
  });
});

describe("closing the courier", () => {
  it("starts nothing more, and lets what is under way end", async () => {
    const { waiting, deliver } = held();
    const { clock, outbox, sent, start } = setUp(deliver);
    for (const id of ["one", "two", "three"]) outbox.put({ id });
    const courier = start();
    await clock.advance(0);
    const closed = courier.close();
    await clock.advance(1000);
    for (const { answer } of waiting) answer(delivered);
    await clock.run(closed);
    expect(clock.now()).toBe(1000);
    expect(sent.map(({ id }) => id)).toEqual(["one", "two"]);
    expect(outbox.open.map(({ id }) => id)).toEqual(["three"]);
    expect(clock.sleeping).toBe(0);
  });

  it("breaks off after the grace, and leaves the message as it was, for the next process", async () => {
    const { deliver } = held();
    const { clock, outbox, sent, reports, troubles, start } = setUp(deliver);
    outbox.put({ id: "one", attempts: 3 });
    const courier = start();
    await clock.advance(0);
    await clock.run(Promise.all([courier.close({ graceMs: 500 }), courier.close()]));
    expect(clock.now()).toBe(500);
    expect(outbox.messages.get("one")).toMatchObject({ state: "open", attempts: 3, dueAtMs: 0 });
    expect([reports, troubles]).toEqual([[], []]);
    start();
    await clock.advance(0);
    expect(sent.map(({ id }) => id)).toEqual(["one", "one"]);
  });

  it("does not wait for a disk that stays full: the message is sent again, with its id", async () => {
    const { clock, outbox, start } = setUp(() => delivered);
    outbox.put({ id: "one" });
    outbox.delivered = () => Promise.reject(new Error("The disk is full."));
    const courier = start();
    await clock.advance(10_000);
    await clock.run(courier.close());
    expect(clock.now()).toBe(13_000);
    expect(outbox.open.map(({ id }) => id)).toEqual(["one"]);
  });

  it("is possible before it has begun", async () => {
    const { clock, outbox, sent, start } = setUp(() => delivered);
    outbox.put({ id: "one" });
    await clock.run(start().close());
    expect(sent).toEqual([]);
  });
});

describe("the courier with a real receiver", () => {
  it("delivers in time of the wall clock, again where need be, and is closed during a delivery", async () => {
    const arrived = Promise.withResolvers<void>();
    await using receiver = await startReceiver((response, { headers }) => {
      if (headers["webhook-id"] === "msg_held") return arrived.resolve();
      return response.writeHead(204).end();
    });
    const outbox = new MemoryOutbox();
    const dueAtMs = Date.now();
    outbox.put({ id: "msg_one", dueAtMs });
    outbox.put({ id: "msg_private", url: "https://private.example/", dueAtMs });
    outbox.put({ id: "msg_held", url: "https://hooks.example/held", dueAtMs });
    const reports: DeliveryReport[] = [];
    const deliver = openDelivery({
      secrets: readSecrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
      resolve: async (hostname) => [
        { address: hostname === "private.example" ? "10.0.0.1" : "93.184.216.34", family: 4 },
      ],
      ...{ connect: receiver.connect, ca: receiver.ca },
    });
    const told = Promise.withResolvers<void>();
    const onDelivery = (report: DeliveryReport) => {
      reports.push(report);
      if (reports.length === 2) told.resolve();
    };
    const courier = new Courier({ outbox, deliver, onDelivery, clock: wallClock });
    await Promise.all([arrived.promise, told.promise]);
    await courier.close({ graceMs: 0 });
    const outcomes = Object.fromEntries(reports.map(({ id, outcome }) => [id, outcome]));
    expect(outcomes).toEqual({ msg_one: "delivered", msg_private: "given_up" });
    expect(outbox.open).toMatchObject([{ id: "msg_held", attempts: 0, dueAtMs }]);
    expect(receiver.received).toHaveLength(2);
    expect(receiver.connections.every(({ socket }) => socket.destroyed)).toBe(true);
  });
});
