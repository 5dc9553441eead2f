/** The rules whoever keeps tasks has to keep, as a test suite to run on it. Not a test by itself. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OutboxMessage } from "../webhooks/outbox.ts";
import type {
  OutboxEntry,
  Submission,
  SubmitOptions,
  Task,
  TaskEnd,
  TaskStore,
} from "./contract.ts";
import { anyTask, hour, makeNewTask, start } from "./new-task.fixture.ts";
import { runRandomTasks } from "./task-model.fixture.ts";

export type OpenStore = {
  readonly store: TaskStore;
  /** Messages that still have to be delivered. */
  outbox(): Promise<readonly OutboxMessage[]>;
  /** As when its process ends. */
  close(): Promise<void>;
};

/** Where a store keeps its tasks, from one opening to the next. */
export type StorePlace = {
  open(options: {
    now: () => number;
    makeMessage: (task: Task) => OutboxEntry;
  }): Promise<OpenStore>;
  remove(): Promise<void>;
};

const noCaps: SubmitOptions = { mostWaiting: 1_000_000, mostOpen: 1_000_000 };
const completed = {
  is: "completed",
  atMs: start + 5,
  result: { file: "x.wav" },
  files: [],
} as const satisfies TaskEnd;
const failed = {
  is: "failed",
  atMs: start + 5,
  error: { code: "broken", message: "No." },
} as const satisfies TaskEnd;
const message = (task: Task): OutboxEntry => ({
  ...{ id: `msg_${task.id}`, url: "https://hooks.example/a", host: "hooks.example" },
  body: JSON.stringify({ id: task.id, status: task.status }),
});

/**
 * Declares the suite.
 *
 * @param makePlace makes a place with nothing in it.
 */
export function describeTaskStore(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name} as a TaskStore`, () => {
    let place: StorePlace;
    let opened: OpenStore;
    let store: TaskStore;
    let now: number;

    const open = async (makeMessage = message): Promise<void> => {
      opened = await place.open({ now: () => now, makeMessage });
      store = opened.store;
    };
    const reopen = async (): Promise<void> => {
      await opened.close();
      await open();
    };
    /** Accepted, without caps. */
    const submit = async (task: Partial<Task> = {}): Promise<Task> => {
      const one = makeNewTask(task);
      expect(await store.submit(one, noCaps)).toEqual({ is: "accepted" });
      return (await store.get(one.id)) as Task;
    };
    const claim = async (): Promise<Task> => (await store.claim(["speech", "dub"])) as Task;
    const submitAndClaim = async (task: Partial<Task> = {}): Promise<Task> => {
      const { id } = await submit(task);
      const claimed = await claim();
      expect(claimed.id).toBe(id);
      return claimed;
    };

    beforeEach(async () => {
      now = start;
      place = await makePlace();
      await open();
    });
    afterEach(async () => {
      await opened.close();
      await place.remove();
    });

    describe("submit", () => {
      it("keeps everything a task is made of, as one that nobody has begun", async () => {
        const task = makeNewTask({
          request: { text: 'A "text" \u0000 \ud800 ¡😀!', deep: [1, null, { a: true }] },
          files: ["a.wav", "b.wav"],
          callbackUrl: "https://hooks.example/a",
        });
        await store.submit(task, noCaps);
        expect(await store.get(task.id)).toEqual({
          ...task,
          ...{ status: "pending", progress: 0, revision: 1, turn: 0, attempts: 0 },
          isCancelled: false,
        });
        expect(store.counts()).toEqual({ waiting: 1, processing: 0 });
      });

      it("knows no task it has not been given", async () => {
        expect(await store.get("task_unknown")).toBeUndefined();
        expect(await store.cancel("task_unknown", now)).toBe("unknown");
        expect(await store.isExpired("task_unknown", "ann")).toBe(false);
      });

      it("refuses an id that is there, and keeps the task that has it", async () => {
        const task = await submit({ owner: "ann" });
        const other = makeNewTask({ id: task.id, owner: "bob" });
        await expect(store.submit(other, { ...noCaps, mostOpen: 1 })).rejects.toThrow();
        expect(await store.get(task.id)).toEqual(task);
        expect(store.counts().waiting).toBe(1);
        // It does not count for whom it was refused.
        await submit({ owner: "bob" });
      });

      it("counts an owner's open tasks exactly, also when 1000 come in one turn", async () => {
        const caps = { ...noCaps, mostOpen: 10 };
        const from = (owner: string) => () => store.submit(makeNewTask({ owner }), caps);
        const both = await Promise.all(
          Array.from({ length: 1000 }, (_, at) => from(at % 2 ? "ann" : "bob")()),
        );
        expect(both.filter(({ is }) => is === "accepted")).toHaveLength(20);
        expect(both.filter(({ is }) => is === "too_many_tasks")).toHaveLength(980);
        expect(both.at(-1)).toEqual({ is: "too_many_tasks", open: 10 });
        expect(store.counts().waiting).toBe(20);
        // Those at work count, and those that have ended do not.
        const one = await claim();
        expect(await from(one.owner)()).toEqual({ is: "too_many_tasks", open: 10 });
        await store.end(one, completed);
        expect(await from(one.owner)()).toEqual({ is: "accepted" });
        expect(await from(one.owner)()).toEqual({ is: "too_many_tasks", open: 10 });
      });

      it("takes no more than may wait, over all owners, and more when one has been begun", async () => {
        const caps = { ...noCaps, mostWaiting: 7 };
        const from = (owner: string) => store.submit(makeNewTask({ owner }), caps);
        const all = await Promise.all(Array.from({ length: 50 }, (_, at) => from(`owner ${at}`)));
        expect(all.filter(({ is }) => is === "accepted")).toHaveLength(7);
        expect(all.filter(({ is }) => is === "queue_full")).toHaveLength(43);
        await claim();
        expect(await from("late")).toEqual({ is: "accepted" });
        expect(await from("late")).toEqual({ is: "queue_full" });
        const [waiting] = (await store.list({ owner: "late", limit: 1 })).tasks as [Task];
        await store.cancel(waiting.id, now);
        expect(await from("late")).toEqual({ is: "accepted" });
      });

      it("gives a second submission with the same key the first one's answer, and no second task", async () => {
        const remember = { key: "key", requestHash: "hash", status: 200, body: { id: 1 } };
        const submitAs = (owner: string, body: unknown, caps = noCaps): Promise<Submission> =>
          store.submit(makeNewTask({ owner }), { ...caps, remember: { ...remember, body } });
        const answer = { requestHash: "hash", status: 200, body: { id: 1 } };
        // In one turn, and with a cap that has no room for a second one.
        const both = await Promise.all(
          [1, 2, 3].map((id) => submitAs("ann", { id }, { ...noCaps, mostOpen: 1 })),
        );
        expect(both).toEqual([
          { is: "accepted" },
          { is: "remembered", answer },
          { is: "remembered", answer },
        ]);
        expect((await store.list({ owner: "ann", limit: 9 })).total).toBe(1);
        expect(await store.recall("ann", "key", now)).toEqual(answer);
        expect(await store.recall("bob", "key", now)).toBeUndefined();
        expect(await submitAs("bob", { id: 9 })).toEqual({ is: "accepted" });
        expect(await submitAs("ann", { id: 9 }, { mostOpen: 1, mostWaiting: 0 })).toMatchObject({
          is: "remembered",
        });
      });

      it("remembers no answer for what it has refused", async () => {
        const remember = { key: "key", requestHash: "hash", status: 200, body: {} };
        const full = await store.submit(makeNewTask({ owner: "ann" }), {
          mostWaiting: 0,
          mostOpen: 9,
          remember,
        });
        expect(full).toEqual({ is: "queue_full" });
        expect(await store.recall("ann", "key", now)).toBeUndefined();
        await reopen();
        expect(await store.recall("ann", "key", now)).toBeUndefined();
      });

      it("remembers for a day, over a restart", async () => {
        const kept = { requestHash: "hash", status: 200, body: { a: [1] } };
        await store.remember("ann", { ...kept, key: "key" }, now);
        await reopen();
        expect(await store.recall("ann", "key", now + 24 * hour)).toEqual(kept);
        expect(await store.recall("ann", "key", now + 24 * hour + 1)).toBeUndefined();
        const remember = { ...kept, key: "key", body: "new" };
        const late = makeNewTask({ owner: "ann", createdAt: now + 25 * hour });
        expect(await store.submit(late, { ...noCaps, remember })).toEqual({ is: "accepted" });
      });
    });

    describe("list", () => {
      const listAll = async (owner: string, limit: number, meanwhile = async () => {}) => {
        const ids: string[] = [];
        for (
          let cursor: string | undefined, first = true;
          first || cursor !== undefined;
          first = false
        ) {
          const page = await store.list({ owner, limit, ...(cursor !== undefined && { cursor }) });
          expect(page.tasks.length).toBeLessThanOrEqual(limit);
          ids.push(...page.tasks.map(({ id }) => id));
          cursor = page.nextCursor;
          await meanwhile();
        }
        return ids;
      };

      it("gives the owner's tasks newest first, each once, in pages of any size", async () => {
        // Several in the same millisecond.
        const tasks: Task[] = [];
        for (let at = 0; at < 23; at++) tasks.push(await submit({ createdAt: start + (at >> 2) }));
        const expected = tasks
          .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
          .map(({ id }) => id);
        for (const limit of [1, 5, 22, 23, 24, 100]) {
          expect(await listAll("ann", limit)).toEqual(expected);
        }
      });

      it("skips and repeats none while others are added and removed", async () => {
        const tasks: Task[] = [];
        for (let at = 0; at < 20; at++) tasks.push(await submit({ createdAt: start + at }));
        let later = 0;
        const ids = await listAll("ann", 3, async () => {
          await submit({ createdAt: start + 1000 + later++ });
          // What ended longest ago is at the end of the list.
          const oldest = await claim();
          await store.end(oldest, { ...completed, atMs: start });
          await store.sweep(start + 1, now);
        });
        expect(ids).toEqual([...new Set(ids)]);
        const stayed = await Promise.all(tasks.map(({ id }) => store.get(id)));
        for (const task of stayed) if (task !== undefined) expect(ids).toContain(task.id);
      });

      it("goes on behind a task that was removed meanwhile", async () => {
        for (let at = 0; at < 4; at++) await submit({ createdAt: start + at });
        const first = await store.list({ owner: "ann", limit: 2 });
        const last = first.tasks.at(-1) as Task;
        await store.cancel(last.id, start);
        await store.sweep(start + 1, now);
        const second = await store.list({ owner: "ann", limit: 2, cursor: first.nextCursor ?? "" });
        expect(second.tasks.map(({ createdAt }) => createdAt - start)).toEqual([1, 0]);
        expect(second.nextCursor).toBeUndefined();
      });

      it("says how many there are, all and by status", async () => {
        for (let at = 0; at < 10; at++) await submit({ createdAt: start + at });
        const [first, second] = [await claim(), await claim()];
        await store.end(first, completed);
        const totals = async () =>
          Promise.all(
            ([undefined, "pending", "processing", "completed", "failed"] as const).map(
              async (status) =>
                (await store.list({ owner: "ann", limit: 1, ...(status && { status }) })).total,
            ),
          );
        expect(await totals()).toEqual([10, 8, 1, 1, 0]);
        await store.end(second, failed);
        expect(await totals()).toEqual([10, 8, 0, 1, 1]);
        const page = await store.list({ owner: "ann", limit: 5, status: "failed" });
        expect(page.tasks.map(({ id }) => id)).toEqual([second.id]);
        expect(page.nextCursor).toBeUndefined();
      });

      it("shows nobody another owner's tasks, and none that somebody waits for on the line", async () => {
        const mine = await submit({ owner: "ann" });
        await submit({ owner: "bob" });
        await submit({ owner: "ann", origin: "sync" });
        await submit({ owner: "ann", origin: "stream" });
        const page = await store.list({ owner: "ann", limit: 9 });
        expect(page).toEqual({ tasks: [mine], total: 1 });
        expect(await store.list({ owner: "", limit: 9 })).toEqual({ tasks: [], total: 0 });
      });

      it.each([
        "",
        "x",
        "%%%",
        "W10",
        btoa('["a","b"]'),
        btoa("[1]"),
        btoa('[1,"a",2]'),
        btoa("{}"),
      ])("refuses the cursor %j", async (cursor) => {
        await submit();
        const list = store.list({ owner: "ann", limit: 1, cursor });
        await expect(list).rejects.toMatchObject({ code: "invalid_options" });
      });
    });

    describe("claim", () => {
      it("marks the task as being worked on", async () => {
        const { id } = await submit();
        now = start + 40;
        const task = await store.claim(["speech"]);
        expect(task).toMatchObject({
          ...{ id, status: "processing", turn: 1, attempts: 1, revision: 2, startedAt: start + 40 },
        });
        expect(await store.get(id)).toEqual(task);
        expect(store.counts()).toEqual({ waiting: 0, processing: 1 });
        expect(await store.claim(["speech"])).toBeUndefined();
      });

      it("gives every task once, however many claim at the same time", async () => {
        const tasks = await Promise.all(Array.from({ length: 200 }, () => submit()));
        const claims = await Promise.all(
          Array.from({ length: 250 }, () => store.claim(["speech"])),
        );
        const given = claims.filter((one) => one !== undefined).map(({ id }) => id);
        expect(given.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
      });

      it("gives only what is of a kind that there is room for", async () => {
        const dub = await submit({ kind: "dub" });
        expect(await store.claim(["speech"])).toBeUndefined();
        expect(await store.claim([])).toBeUndefined();
        const speech = await submit();
        expect((await store.claim(["speech"]))?.id).toBe(speech.id);
        expect((await store.claim(["dub", "speech"]))?.id).toBe(dub.id);
      });

      it("takes owners in turns, and what is waited for on the line first", async () => {
        for (let at = 0; at < 4; at++) await submit({ owner: "ann", createdAt: start + at });
        await submit({ owner: "bob", createdAt: start + 10 });
        await submit({ owner: "ann", origin: "sync", createdAt: start + 11 });
        const order: string[] = [];
        for (let at = 0; at < 6; at++) {
          const { owner, origin } = await claim();
          order.push(`${owner} ${origin}`);
        }
        expect(order.slice(0, 3)).toEqual(["ann sync", "bob async", "ann async"]);
      });

      it("never gives a task that was cancelled while it waited", async () => {
        const { id } = await submit();
        const [cancelled, claimed] = await Promise.all([
          store.cancel(id, now),
          store.claim(["speech"]),
        ]);
        expect(cancelled).toBe("cancelled");
        expect(claimed).toBeUndefined();
        expect(store.counts()).toEqual({ waiting: 0, processing: 0 });
      });
    });

    describe("progress", () => {
      it("only grows, stays below 1, and is told", async () => {
        const task = await submitAndClaim();
        const seen: number[] = [];
        store.watch(task.id, ({ progress }) => seen.push(progress));
        for (const progress of [0.2, 0.1, 0.2, 0.5, 1, 2]) await store.progress(task, progress);
        expect(seen).toEqual([0.2, 0.5, 0.999]);
        expect((await store.get(task.id))?.progress).toBe(0.999);
        await store.end(task, completed);
        expect((await store.get(task.id))?.progress).toBe(1);
      });

      it("is passed over when the task has ended, waits, or is in another turn", async () => {
        const task = await submitAndClaim();
        await store.progress(task, 0.3);
        await store.giveBack(task, 0.4);
        await store.progress(task, 0.6);
        expect((await store.get(task.id))?.progress).toBe(0.4);
        const again = await claim();
        await store.progress(task, 0.7);
        expect((await store.get(task.id))?.progress).toBe(0.4);
        await store.end(again, failed);
        await store.progress(again, 0.8);
        expect(await store.get(task.id)).toMatchObject({ status: "failed", progress: 0.4 });
      });
    });

    describe("giveBack", () => {
      it("lets the task wait again: the turn does not count, what was reached stays", async () => {
        const task = await submitAndClaim();
        await store.progress(task, 0.5);
        let isTold = false;
        store.onWaiting(() => (isTold = true));
        expect(await store.giveBack(task, 0.2)).toBe(true);
        expect(isTold).toBe(true);
        expect(await store.get(task.id)).toMatchObject({
          ...{ status: "pending", progress: 0.5, attempts: 0, turn: 1, startedAt: start },
        });
        expect(store.counts()).toEqual({ waiting: 1, processing: 0 });
        now += 1000;
        expect(await claim()).toMatchObject({
          id: task.id,
          attempts: 1,
          turn: 2,
          startedAt: start,
        });
      });

      it("never reaches the end by itself", async () => {
        const task = await submitAndClaim();
        await store.giveBack(task, 1);
        expect((await store.get(task.id))?.progress).toBe(0.999);
      });

      it("is false when the task is not at work any more, or in another turn", async () => {
        const task = await submitAndClaim();
        expect(await store.giveBack(task, 0.1)).toBe(true);
        expect(await store.giveBack(task, 0.2)).toBe(false);
        const again = await claim();
        expect(await store.giveBack(task, 0.3)).toBe(false);
        await store.end(again, completed);
        expect(await store.giveBack(again, 0.4)).toBe(false);
        expect(store.counts()).toEqual({ waiting: 0, processing: 0 });
      });
    });

    describe("end", () => {
      it("keeps a result with the files it adds", async () => {
        const task = await submitAndClaim({ files: ["prompt.wav"] });
        const result = { file: "x.wav", list: [1] };
        const end = { ...completed, result, files: ["x.wav", "prompt.wav"] } as const;
        expect(await store.end(task, end)).toBe(true);
        const { revision, ...ended } = (await store.get(task.id)) as Task;
        expect(revision).toBeGreaterThan(task.revision);
        const { revision: _, ...before } = task;
        expect(ended).toEqual({
          ...{ ...before, status: "completed", progress: 1, completedAt: start + 5, result },
          files: ["prompt.wav", "x.wav"],
        });
      });

      it("keeps a failure, its files and how far it came", async () => {
        const task = await submitAndClaim({ files: ["prompt.wav"] });
        await store.progress(task, 0.4);
        expect(await store.end(task, failed)).toBe(true);
        expect(await store.get(task.id)).toMatchObject({
          ...{ status: "failed", progress: 0.4, error: { code: "broken", message: "No." } },
          ...{ isCancelled: false, completedAt: start + 5, files: ["prompt.wav"] },
        });
      });

      it.each([completed, failed])("is final: nothing comes after $is", async (end) => {
        const task = await submitAndClaim();
        await store.end(task, end);
        const ended = await store.get(task.id);
        expect(await store.end(task, completed)).toBe(false);
        expect(await store.end(task, failed)).toBe(false);
        expect(await store.cancel(task.id, now)).toBe("finished");
        expect(await store.giveBack(task, 0.9)).toBe(false);
        await store.progress(task, 0.9);
        expect(await store.get(task.id)).toEqual(ended);
      });

      it("is refused to an older turn, and to a task that waits", async () => {
        const old = await submitAndClaim();
        await store.giveBack(old, 0);
        expect(await store.end(old, completed)).toBe(false);
        const task = await claim();
        expect(await store.end(old, completed)).toBe(false);
        expect((await store.get(task.id))?.status).toBe("processing");
        expect(await store.end(task, completed)).toBe(true);
      });

      it("happens once when several want it in one turn", async () => {
        const task = await submitAndClaim();
        const ends = await Promise.all([
          store.end(task, failed),
          store.end(task, completed),
          store.end(task, failed),
        ]);
        expect(ends).toEqual([true, false, false]);
      });

      it("leaves a message with the end, in the same step", async () => {
        const callbackUrl = "https://hooks.example/a";
        for (const end of [completed, failed])
          await store.end(await submitAndClaim({ callbackUrl }), end);
        const waiting = await submit({ callbackUrl });
        await store.cancel(waiting.id, now);
        await store.end(await submitAndClaim(), completed);
        const said = (await opened.outbox()).map(({ body }) => JSON.parse(body).status);
        expect(said.toSorted()).toEqual(["completed", "failed", "failed"]);
        expect(await opened.outbox()).toHaveLength(3);
      });

      it("does not happen without its message", async () => {
        await opened.close();
        await open(() => {
          throw new Error("no words");
        });
        const task = await submitAndClaim({ callbackUrl: "https://hooks.example/a" });
        await expect(store.end(task, completed)).rejects.toThrow("no words");
        expect((await store.get(task.id))?.status).toBe("processing");
        expect(store.counts().processing).toBe(1);
      });

      it("forgets what was only said on the line, and keeps what can still be fetched", async () => {
        const ended: Task[] = [];
        for (const origin of ["stream", "sync"] as const) {
          const task = await submitAndClaim({ origin });
          store.watch(task.id, (now) => ended.push(now));
          await store.end(task, completed);
        }
        expect(ended.map(({ status, origin }) => `${status} ${origin}`)).toEqual([
          ...["completed stream", "completed sync"],
        ]);
        const [streamed, waited] = ended as [Task, Task];
        expect(await store.get(streamed.id)).toBeUndefined();
        expect(await store.get(waited.id)).toEqual(waited);
      });
    });

    describe("cancel", () => {
      it("ends what waits and what is at work, once", async () => {
        const waiting = await submit({ createdAt: start + 1 });
        const working = await submitAndClaim({ createdAt: start, origin: "sync" });
        await store.progress(working, 0.6);
        for (const [{ id }, progress] of [
          [waiting, 0],
          [working, 0.6],
        ] as const) {
          expect(await store.cancel(id, start + 9)).toBe("cancelled");
          expect(await store.get(id)).toMatchObject({
            ...{ status: "failed", progress, isCancelled: true, completedAt: start + 9 },
            error: { code: "cancelled", message: "Task cancelled by user" },
          });
          expect(await store.cancel(id, start + 10)).toBe("already");
        }
        expect(store.counts()).toEqual({ waiting: 0, processing: 0 });
        expect(await store.end(working, completed)).toBe(false);
      });

      it("ends a task once, whatever happens to it in the same turn", async () => {
        for (const first of ["cancel", "other"] as const) {
          for (const does of ["end", "giveBack", "progress"] as const) {
            const task = await submitAndClaim();
            const other = () =>
              does === "end" ? store.end(task, completed) : store[does](task, 0.5);
            const cancel = () => store.cancel(task.id, now);
            const [a, b] = first === "cancel" ? [cancel(), other()] : [other(), cancel()];
            await Promise.all([a, b]);
            const wasEnded = does === "end" && first === "other";
            expect(await store.get(task.id)).toMatchObject({
              status: wasEnded ? "completed" : "failed",
            });
            expect(await (first === "cancel" ? a : b)).toBe(wasEnded ? "finished" : "cancelled");
            expect(store.counts()).toEqual({ waiting: 0, processing: 0 });
            expect(await store.claim(["speech"])).toBeUndefined();
          }
        }
      });

      it("reaches a task that is being submitted or claimed in the same turn", async () => {
        const task = makeNewTask({});
        const [, cancelled] = await Promise.all([
          store.submit(task, noCaps),
          store.cancel(task.id, now),
        ]);
        expect(cancelled).toBe("cancelled");
        expect(await store.claim(["speech"])).toBeUndefined();
        const { id } = await submit();
        const [claimed, again] = await Promise.all([
          store.claim(["speech"]),
          store.cancel(id, now),
        ]);
        expect(again).toBe("cancelled");
        // Whoever has claimed it finds out by looking.
        if (claimed !== undefined) expect(await store.end(claimed, completed)).toBe(false);
        expect(await store.get(id)).toMatchObject({ isCancelled: true });
        expect(store.counts()).toEqual({ waiting: 0, processing: 0 });
      });
    });

    describe("watch", () => {
      it("tells of every change once it is kept, in order, with the task as it is then", async () => {
        const { id } = await submit();
        const seen: Task[] = [];
        const kept: Promise<Task | undefined>[] = [];
        store.watch(id, (task) => {
          seen.push(task);
          kept.push(store.get(id));
        });
        const task = await claim();
        await store.progress(task, 0.5);
        await store.giveBack(task, 0.5);
        const again = await claim();
        await store.end(again, completed);
        expect(seen.map(({ status, progress }) => `${status} ${progress}`)).toEqual([
          ...["processing 0", "processing 0.5", "pending 0.5", "processing 0.5", "completed 1"],
        ]);
        expect(await Promise.all(kept)).toEqual(seen);
        for (const [at, { revision }] of seen.entries()) expect(revision).toBe(at + 2);
      });

      it("tells of no other task, and nothing after it was ended", async () => {
        const [one, other] = [
          await submit({ createdAt: start }),
          await submit({ createdAt: start + 1 }),
        ];
        const seen: string[] = [];
        const unwatch = store.watch(one.id, ({ status }) => seen.push(`first ${status}`));
        store.watch(one.id, ({ status }) => seen.push(`second ${status}`));
        await store.cancel(other.id, now);
        await claim();
        unwatch();
        unwatch();
        await store.cancel(one.id, now);
        expect(seen).toEqual(["first processing", "second processing", "second failed"]);
      });

      it("tells workers of everything there is to claim, until they leave", async () => {
        let told = 0;
        const leave = store.onWaiting(() => (told += 1));
        const task = await submitAndClaim();
        expect(told).toBe(1);
        await store.giveBack(task, 0);
        expect(told).toBe(2);
        leave();
        await submit();
        expect(told).toBe(2);
      });
    });

    describe("sweep", () => {
      it("forgets what ended before the moment, and gives its files once", async () => {
        const old = await submitAndClaim({ files: ["old_prompt.wav"] });
        await store.end(old, { ...completed, atMs: start + 100, files: ["old.wav"] });
        const young = await submitAndClaim({ files: ["young.wav"] });
        await store.end(young, { ...failed, atMs: start + 200 });
        const working = await submitAndClaim({ files: ["working.wav"] });
        const waiting = await submit({ files: ["waiting.wav"], createdAt: 0 });
        expect(await store.sweep(start + 200, now)).toEqual(["old_prompt.wav", "old.wav"]);
        expect(await store.sweep(start + 200, now)).toEqual([]);
        expect(await store.get(old.id)).toBeUndefined();
        for (const { id } of [young, working, waiting]) expect(await store.get(id)).toBeDefined();
        expect(await store.fileNames()).toEqual(
          new Set(["young.wav", "working.wav", "waiting.wav"]),
        );
      });

      it("never forgets what has not ended, however old it is", async () => {
        const working = await submitAndClaim({ createdAt: 0, files: ["a.wav"] });
        const waiting = await submit({ createdAt: 0, files: ["b.wav"] });
        expect(await store.sweep(Number.MAX_SAFE_INTEGER, now)).toEqual([]);
        for (const { id } of [working, waiting]) expect(await store.get(id)).toBeDefined();
      });

      it("remembers the ids for a day, for their owner", async () => {
        const { id } = await submit({ owner: "ann" });
        await store.cancel(id, start);
        await store.sweep(start + 1, start);
        expect(await store.isExpired(id, "ann")).toBe(true);
        expect(await store.isExpired(id, "bob")).toBe(false);
        await reopen();
        now = start + 24 * hour;
        expect(await store.isExpired(id, "ann")).toBe(true);
        now += 1;
        // Also where nobody has swept since.
        expect(await store.isExpired(id, "ann")).toBe(false);
        await store.sweep(0, now);
        expect(await store.isExpired(id, "ann")).toBe(false);
      });

      it("forgets thousands at once", async () => {
        const tasks = await Promise.all(
          Array.from({ length: 2500 }, () => submit({ files: ["x"] })),
        );
        await Promise.all(tasks.map(({ id }) => store.cancel(id, start)));
        expect(await store.sweep(start + 1, now)).toHaveLength(2500);
        expect((await store.list({ owner: "ann", limit: 1 })).total).toBe(0);
      });
    });

    describe("after a restart", () => {
      it("has kept what waited, in fair order, and counts it for its owner", async () => {
        for (let at = 0; at < 3; at++) await submit({ owner: "ann", createdAt: start + at });
        await submit({ owner: "bob", createdAt: start + 9 });
        await reopen();
        expect(store.counts()).toEqual({ waiting: 4, processing: 0 });
        const cap = { ...noCaps, mostOpen: 3 };
        expect(await store.submit(makeNewTask({ owner: "ann" }), cap)).toEqual({
          is: "too_many_tasks",
          open: 3,
        });
        const owners: string[] = [];
        for (let at = 0; at < 4; at++) owners.push((await claim()).owner);
        expect(owners.join(" ")).toBe("ann bob ann ann");
      });

      it("has kept the end of what had ended", async () => {
        const task = await submitAndClaim();
        await store.end(task, completed);
        const ended = await store.get(task.id);
        await reopen();
        expect(await store.get(task.id)).toEqual(ended);
        expect(store.counts()).toEqual({ waiting: 0, processing: 0 });
      });

      it("has what was at work wait again, with what it had reached", async () => {
        const task = await submitAndClaim();
        await store.progress(task, 0.7);
        await reopen();
        const waiting = (await store.get(task.id)) as Task;
        expect(waiting).toMatchObject({ status: "pending", attempts: 1, progress: 0.7 });
        expect(waiting.revision).toBeGreaterThan(task.revision);
        expect(await claim()).toMatchObject({ id: task.id, attempts: 2, turn: 2 });
      });

      it("gives up what was interrupted three times, and says so", async () => {
        const callbackUrl = "https://hooks.example/a";
        const { id } = await submit({ callbackUrl });
        for (const attempts of [1, 2, 3]) {
          expect(await claim()).toMatchObject({ id, attempts });
          now += 1000;
          await reopen();
        }
        expect(await store.get(id)).toMatchObject({
          ...{ status: "failed", error: { code: "interrupted" }, completedAt: now },
          isCancelled: false,
        });
        expect(await store.claim(["speech"])).toBeUndefined();
        expect((await opened.outbox()).map(({ body }) => JSON.parse(body))).toEqual([
          { id, status: "failed" },
        ]);
        const one = { ...noCaps, mostOpen: 1 };
        expect(await store.submit(makeNewTask({}), one)).toEqual({ is: "accepted" });
      });

      it("does not count turns that were given back", async () => {
        const { id } = await submit();
        for (let at = 0; at < 6; at++) await store.giveBack(await claim(), 0);
        await reopen();
        expect(await claim()).toMatchObject({ id, attempts: 1 });
      });

      it("has dropped what somebody waited for on the line", async () => {
        for (const origin of ["sync", "stream"] as const) {
          await submit({ origin });
          await submit({ origin });
        }
        await claim();
        await claim();
        await reopen();
        expect(store.counts()).toEqual({ waiting: 0, processing: 0 });
        expect(await store.claim(["speech"])).toBeUndefined();
        expect(await store.fileNames()).toEqual(new Set());
      });
    });

    it("agrees with a simple model, whatever is done in whatever order", async () => {
      await runRandomTasks({ makePlace, message });
    });

    it("gives plain values that can be looked at long after they have changed", async () => {
      const task = await submitAndClaim();
      const copy = structuredClone(task);
      await store.end(task, completed);
      expect(task).toEqual(copy);
      expect(task).toMatchObject(anyTask);
    });
  });
}
