import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WriteGroup } from "./write-group.ts";

let database: DatabaseSync;
let group: WriteGroup;
const put = (id: number) => () => database.prepare("INSERT INTO numbers VALUES (?)").run(id);
const ids = () =>
  database
    .prepare("SELECT id FROM numbers")
    .all()
    .map(({ id }) => id);
const outcomes = async (writes: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(writes)).map(({ status }) => status);

beforeEach(() => {
  database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE numbers (id INTEGER PRIMARY KEY)");
  group = new WriteGroup(database);
});
afterEach(() => {
  if (database.isOpen) database.close();
});

/** Lets the next COMMIT fail. */
function breakCommit(error: Error): { commits: number } {
  const counted = { commits: 0 };
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    if (sql === "COMMIT") counted.commits += 1;
    if (sql === "COMMIT" && counted.commits === 1) throw error;
    exec(sql);
  };
  return counted;
}

describe("a write group", () => {
  it("writes what is asked for in one turn with one commit, in that order", async () => {
    let commits = 0;
    const exec = database.exec.bind(database);
    database.exec = (sql) => {
      if (sql === "COMMIT") commits += 1;
      exec(sql);
    };
    const order: number[] = [];
    const writes = Array.from({ length: 100 }, (_, at) =>
      group.write(() => {
        order.push(at);
        return at * 2;
      }),
    );
    expect(order).toEqual([]);
    const told: number[] = [];
    for (const write of writes) void write.then((value) => told.push(value));
    expect(await Promise.all(writes)).toEqual(order.map((at) => 2 * at));
    expect(order).toEqual(Array.from({ length: 100 }, (_, at) => at));
    expect(told).toEqual(order.map((at) => 2 * at));
    expect(commits).toBe(1);
  });

  it("shows each write what those before it have written", async () => {
    const counts = await Promise.all(
      [1, 2, 3].map((id) => group.write(() => put(id)() && ids().length)),
    );
    expect(counts).toEqual([1, 2, 3]);
  });

  it("undoes a write that throws, alone and as a whole", async () => {
    const bad = group.write(() => {
      put(2)();
      throw new Error("bad");
    });
    const writes = [group.write(put(1)), bad, group.write(put(1)), group.write(put(3))];
    expect(await outcomes(writes)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    await expect(bad).rejects.toThrow("bad");
    expect(ids()).toEqual([1, 3]);
  });

  it("tells nobody of success before the commit", async () => {
    const write = group.write(put(1));
    let isTold = false;
    void write.then(() => (isTold = true));
    await Promise.resolve();
    expect([isTold, ids()]).toEqual([false, []]);
    await write;
    expect(ids()).toEqual([1]);
  });

  it("fails all when the commit fails, leaves nothing of them, and goes on", async () => {
    const full = new Error("disk full");
    breakCommit(full);
    const writes = [group.write(put(1)), group.write(put(1)), group.write(put(2))];
    for (const write of writes) await expect(write).rejects.toBe(full);
    expect(ids()).toEqual([]);
    expect(database.isTransaction).toBe(false);
    await group.write(put(3));
    expect(ids()).toEqual([3]);
  });

  it("fails all when the transaction cannot begin or ends in the middle", async () => {
    database.exec("BEGIN");
    const writes = [group.write(put(1)), group.write(put(2))];
    expect(await outcomes(writes)).toEqual(["rejected", "rejected"]);
    const middle = group.write(() => database.exec("ROLLBACK"));
    expect(await outcomes([group.write(put(1)), middle, group.write(put(2))])).toEqual([
      ...["rejected", "rejected", "rejected"],
    ]);
    expect(ids()).toEqual([]);
    await group.write(put(3));
    expect(ids()).toEqual([3]);
  });

  it("takes a write that is asked for by one that has just ended", async () => {
    await group.write(put(1)).then(() => group.write(put(2)));
    expect(ids()).toEqual([1, 2]);
  });

  it("writes at once when it is flushed, and fails what comes after the database was closed", async () => {
    const write = group.write(put(1));
    group.flush();
    expect(ids()).toEqual([1]);
    await write;
    database.close();
    await expect(group.write(put(2))).rejects.toThrow(/not open/);
    await expect(group.write(put(3))).rejects.toThrow(/not open/);
  });
});
