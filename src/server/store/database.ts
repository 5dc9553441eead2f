/** The server's database: one SQLite file in the data directory, its tables, and how it is flushed. */
import { DatabaseSync } from "node:sqlite";
import { DubberError } from "../../core/error.ts";
import { WriteGroup } from "./write-group.ts";

export type Database = {
  readonly sqlite: DatabaseSync;
  /** As {@link WriteGroup.write}, with a full disk told as `disk_full`. */
  write<T>(work: () => T): Promise<T>;
  close(): void;
};

/** Each entry takes the database from its index to the next version; entries are only ever added. */
const migrations: readonly string[] = [
  `
  CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    status TEXT NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    attempts INTEGER NOT NULL DEFAULT 0,
    request TEXT NOT NULL,
    cost REAL NOT NULL,
    created_at REAL NOT NULL,
    started_at REAL,
    completed_at REAL,
    error_code TEXT,
    error_message TEXT,
    cancelled INTEGER NOT NULL DEFAULT 0,
    result TEXT,
    files TEXT NOT NULL DEFAULT '[]',
    callback_url TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tasks_listed ON tasks (owner, created_at DESC, id DESC) WHERE origin = 'async';
  CREATE INDEX tasks_by_status ON tasks (owner, status, created_at DESC, id DESC) WHERE origin = 'async';
  CREATE INDEX tasks_open ON tasks (status, created_at) WHERE status IN ('pending', 'processing');
  CREATE INDEX tasks_ended ON tasks (completed_at) WHERE completed_at IS NOT NULL;

  CREATE TABLE expired_tasks (id TEXT PRIMARY KEY, owner TEXT NOT NULL, at REAL NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX expired_at ON expired_tasks (at);

  CREATE TABLE answers (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (owner, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_at ON answers (at);

  CREATE TABLE voices (
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    language TEXT,
    prompt_text TEXT,
    audio_format TEXT NOT NULL,
    seconds REAL NOT NULL,
    sample_rate INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    file TEXT NOT NULL,
    consent INTEGER NOT NULL,
    provenance TEXT NOT NULL,
    engine_voices TEXT NOT NULL DEFAULT '{}',
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (owner, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX outbox_due ON outbox (due_at);
  `,
  "ALTER TABLE tasks ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;",
  "CREATE TABLE engine_leftovers (engine TEXT, voice TEXT, PRIMARY KEY (engine, voice)) STRICT, WITHOUT ROWID;",
];

/**
 * Opens the database, makes or migrates its tables, and checks that it is whole and that a commit will really be flushed.
 *
 * @throws DubberError `work_directory_corrupt` when it is damaged or made by a newer Dubber; `disk_full`, `not_writable`.
 */
export function openDatabase(path: string): Database {
  const sqlite = open(path);
  const group = new WriteGroup(sqlite);
  return {
    sqlite,
    write: (work) =>
      group.write(work).catch((error: unknown) => {
        throw describeDatabaseError(error);
      }),
    close() {
      group.flush();
      sqlite.close();
    },
  };
}

/**
 * Writes at once, before there is anybody to wait for others.
 *
 * @throws DubberError as {@link Database.write}.
 */
export function runAtOnce<T>(sqlite: DatabaseSync, work: () => T): T {
  try {
    sqlite.exec("BEGIN IMMEDIATE");
    const result = work();
    sqlite.exec("COMMIT");
    return result;
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec("ROLLBACK");
    throw describeDatabaseError(error);
  }
}

function open(path: string): DatabaseSync {
  let sqlite: DatabaseSync | undefined;
  try {
    sqlite = new DatabaseSync(path, { timeout: 5000 });
    sqlite.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    sqlite.exec("PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 2000;");
    checkState(sqlite);
    migrate(sqlite);
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw describeDatabaseError(error);
  }
}

/** What the promise to keep accepted work stands on. */
function checkState(sqlite: DatabaseSync): void {
  const { journal_mode: journal } = sqlite.prepare("PRAGMA journal_mode").get() as {
    journal_mode: string;
  };
  if (journal !== "wal") {
    throw new DubberError("not_writable", "The data directory cannot keep a database's log.", {
      hint: "Put it on a disk of this machine: network file systems cannot do that.",
    });
  }
  const { quick_check: verdict } = sqlite.prepare("PRAGMA quick_check(1)").get() as {
    quick_check: string;
  };
  if (verdict !== "ok") throw damaged(new Error(verdict));
}

function migrate(sqlite: DatabaseSync): void {
  const { user_version: version } = sqlite.prepare("PRAGMA user_version").get() as {
    user_version: number;
  };
  if (version > migrations.length) throw newer();
  for (let next = version; next < migrations.length; next++) {
    sqlite.exec(`BEGIN; ${migrations[next]} PRAGMA user_version = ${next + 1}; COMMIT;`);
  }
}

function newer(): DubberError {
  return new DubberError("work_directory_corrupt", "The database was made by a newer Dubber.", {
    hint: "Update Dubber, or give this version a data directory of its own (--data-dir).",
  });
}

/** SQLite's primary result codes. */
const full = 13;
const ioError = 10;
const readOnly = 8;
const corrupt = 11;
const cannotOpen = 14;
const notADatabase = 26;

/** What SQLite says, in the project's words; anything else comes back unchanged. */
export function describeDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || !("errcode" in error)) return error;
  const code = Number(error.errcode) & 0xff;
  if (code === full || code === ioError) {
    return new DubberError("disk_full", "The disk of the data directory is full or failing.", {
      hint: "Free some space; accepted work is kept and goes on.",
      retryable: true,
      cause: error,
    });
  }
  if (code === corrupt || code === notADatabase) return damaged(error);
  if (code === readOnly || code === cannotOpen) {
    return new DubberError("not_writable", "The database may not be read or written.", {
      hint: "Check the permissions of the data directory, or choose another one with --data-dir.",
      cause: error,
    });
  }
  return error;
}

function damaged(cause: Error): DubberError {
  const message = "The database in the data directory is damaged.";
  return new DubberError("work_directory_corrupt", message, {
    hint: "Move the data directory away, or restore it from a copy.",
    cause,
  });
}
