/** A database whose disk is full as long as a test wants it to be: every commit fails as SQLite's would. */
import type { Database } from "../database.ts";

export type DiskSwitch = { isFull: boolean };

export function fillDisk({ sqlite }: Database): DiskSwitch {
  const disk = { isFull: true };
  const exec = sqlite.exec.bind(sqlite);
  sqlite.exec = (sql) => {
    if (disk.isFull && sql === "COMMIT") {
      throw Object.assign(new Error("database or disk is full"), { errcode: 13 });
    }
    exec(sql);
  };
  return disk;
}
