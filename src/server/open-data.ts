/** The data directory: its lock, its files, and what the database keeps, ready to be worked with. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Closers } from "../core/closers.ts";
import { describeFileError } from "../core/error.ts";
import { takeLock } from "../core/lock.ts";
import { makeDirectory } from "../core/make-directory.ts";
import type { FileStore } from "./files/contract.ts";
import { openDiskFiles } from "./files/disk-files.ts";
import { openDatabase } from "./store/database.ts";
import { openSqliteOutbox } from "./store/sqlite-outbox.ts";
import { openSqliteTasks, type SqliteTaskOptions } from "./store/sqlite-tasks.ts";
import { openSqliteVoices } from "./store/sqlite-voices.ts";
import type { TaskStore } from "./tasks/contract.ts";
import type { VoiceStore } from "./voices/contract.ts";
import type { Outbox } from "./webhooks/outbox.ts";

export type Data = {
  /** The directory itself. */
  readonly root: string;
  /** For uploads and files in the making, on the same disk as the store. */
  readonly folder: string;
  readonly files: FileStore;
  readonly tasks: TaskStore;
  readonly voices: VoiceStore;
  readonly outbox: Outbox;
};

/**
 * @param opened closes it again.
 * @throws DubberError `work_directory_locked` when another server has it; `not_writable`, `disk_full`, `work_directory_corrupt`.
 */
export async function openData(
  root: string,
  options: SqliteTaskOptions,
  opened: Closers,
): Promise<Data> {
  await makeDirectory(root);
  opened.use(
    await takeLock(join(root, ".lock"), {
      what: "The data directory",
      wayOut: "give this server its own --data-dir",
    }),
  );
  const folder = await emptyFolder(join(root, "tmp"));
  const files = await openDiskFiles(join(root, "files"));
  const database = openDatabase(join(root, "dubber.db"));
  opened.add(() => database.close());
  return {
    ...{ root, folder, files },
    tasks: openSqliteTasks(database, options),
    voices: openSqliteVoices(database),
    outbox: openSqliteOutbox(database),
  };
}

/** What a killed server left of uploads and files in the making is of no use. */
async function emptyFolder(path: string): Promise<string> {
  try {
    await makeDirectory(path);
    for (const name of await readdir(path)) {
      await rm(join(path, name), { recursive: true, force: true });
    }
    return path;
  } catch (error) {
    throw describeFileError(error, path);
  }
}
