import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { openSqliteTasks } from "./sqlite-tasks.ts";

/** Lets a process submit, kills it after so many acknowledgements, and gives everything it has acknowledged. */
async function submitAndKill(path: string, after: number): Promise<string[]> {
  const program = join(import.meta.dirname, "testing/submit-loop.ts");
  const child = spawn(process.execPath, [program, path], { stdio: ["ignore", "pipe", "inherit"] });
  const ids: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    // The last line may be cut: then nobody was told.
    if (/^task_[0-9a-f]{36}$/.test(line)) ids.push(line);
    if (ids.length === after) child.kill("SIGKILL");
  });
  await Promise.all([once(child, "exit"), once(lines, "close")]);
  return ids;
}

it("has every task that was acknowledged before a kill -9, once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dubber-kill-"));
  const path = join(folder, "dubber.db");
  const acknowledged: string[] = [];
  for (const after of [1, 40, 333]) acknowledged.push(...(await submitAndKill(path, after)));
  expect(acknowledged.length).toBeGreaterThanOrEqual(374);

  const database = openDatabase(path);
  const store = openSqliteTasks(database, { now: Date.now });
  const given: string[] = [];
  for (let task = await store.claim(["speech"]); task; task = await store.claim(["speech"])) {
    given.push(task.id);
  }
  database.close();
  await rm(folder, { recursive: true });
  expect(new Set(given).size).toBe(given.length);
  expect(acknowledged.filter((id) => !given.includes(id))).toEqual([]);
  // Besides those that were written and could not be told of any more.
  expect(given.length - acknowledged.length).toBeLessThanOrEqual(3 * 8);
});
