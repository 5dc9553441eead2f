/** A program that submits tasks as fast as it can and prints the ids that were accepted, until somebody kills it. Argument: the database. */
import { makeNewTask } from "../../tasks/testing/new-task.ts";
import { openDatabase } from "../database.ts";
import { openSqliteTasks } from "../sqlite-tasks.ts";

const store = openSqliteTasks(openDatabase(process.argv[2] ?? ""), { now: Date.now });
const noCaps = { mostWaiting: Number.POSITIVE_INFINITY, mostOpen: Number.POSITIVE_INFINITY };

async function submitForEver(): Promise<void> {
  for (;;) {
    const task = makeNewTask({ request: { text: "x".repeat(500) } });
    await store.submit(task, noCaps);
    process.stdout.write(`${task.id}\n`);
  }
}
for (let at = 0; at < 8; at++) void submitForEver();
