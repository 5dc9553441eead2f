import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StorePlace } from "../tasks/testing/store-bench.ts";
import { describeTaskStore } from "../tasks/testing/task-store-conformance.ts";
import { openDatabase } from "./database.ts";
import { openSqliteOutbox } from "./sqlite-outbox.ts";
import { openSqliteTasks } from "./sqlite-tasks.ts";

describeTaskStore("SQLite", async (): Promise<StorePlace> => {
  const folder = await mkdtemp(join(tmpdir(), "dubber-tasks-"));
  return {
    async open(options) {
      const database = openDatabase(join(folder, "dubber.db"));
      const outbox = openSqliteOutbox(database);
      return {
        store: openSqliteTasks(database, options),
        outbox: () => {
          const all = {
            nowMs: Number.MAX_SAFE_INTEGER,
            limit: 10_000,
            exceptIds: [],
            exceptHosts: [],
          };
          return outbox.due(all);
        },
        close: async () => database.close(),
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});
