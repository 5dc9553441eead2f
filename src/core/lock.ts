/** One writer for each directory: a lock file that names its owner and does not outlive it. */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { temporaryPrefix } from "./atomic-file.ts";
import { DubberError, describeFileError } from "./error.ts";

/** What is locked, for the message of whoever comes second. */
export type Locked = {
  /** Begins a sentence. */
  readonly what: string;
  /** Besides waiting. */
  readonly wayOut: string;
};

const workDirectory: Locked = {
  what: "The work directory",
  wayOut: "give this one its own --workdir",
};

type Owner = {
  readonly pid: number;
  readonly started: string;
  readonly host: string;
  /** Different for every lock that was ever taken. */
  readonly token: string;
};

/**
 * Takes the lock at `path`, or throws. A lock whose process has ended (a crash, kill -9, a restart of the machine) is
 * taken over; of many that try at once, one succeeds.
 *
 * @returns releases the lock when disposed.
 * @throws DubberError `work_directory_locked` with the other process's id.
 */
export async function takeLock(
  path: string,
  subject: Locked = workDirectory,
): Promise<AsyncDisposable> {
  const owner: Owner = {
    pid: process.pid,
    started: await startedAt(process.pid),
    host: hostname(),
    token: randomBytes(8).toString("hex"),
  };
  // The file appears with its content in one step: nobody ever sees a lock without an owner.
  const draft = join(dirname(path), `${temporaryPrefix}${basename(path)}-${owner.token}`);
  try {
    await writeFile(draft, JSON.stringify(owner));
    for (let attempt = 0; attempt < 10; attempt++) {
      const holder = (await appear(draft, path)) ? owner : await readOwner(path);
      if (holder === undefined) continue;
      const isOurs =
        holder === owner || (!(await isAlive(holder)) && (await takeOver(path, draft, holder)));
      if (isOurs) return { [Symbol.asyncDispose]: () => release(path, owner) };
      if (await isAlive(holder)) throw locked(path, holder, subject);
    }
  } catch (error) {
    throw describeFileError(error, path);
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
  throw locked(path, await readOwner(path), subject);
}

/** False when there is a lock already. */
async function appear(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Puts our lock in the place of a dead owner's. Only one process at a time may: without the gate, a slow one would replace
 * the lock that a faster one has just taken.
 */
async function takeOver(path: string, draft: string, dead: Owner): Promise<boolean> {
  const gate = `${path}-takeover`;
  if (!(await appear(draft, gate))) {
    const keeper = await readOwner(gate);
    if (keeper !== undefined && !(await isAlive(keeper))) await rm(gate, { force: true });
    return false;
  }
  try {
    const current = await readOwner(path);
    const isStill = current?.token === dead.token && current.pid === dead.pid;
    if (isStill) await rename(draft, path);
    return isStill;
  } finally {
    await rm(gate, { force: true });
  }
}

async function release(path: string, owner: Owner): Promise<void> {
  if ((await readOwner(path))?.token === owner.token) await rm(path, { force: true });
}

function locked(path: string, holder: Owner | undefined, { what, wayOut }: Locked): DubberError {
  const who = holder === undefined ? "another run" : `process ${holder.pid} on ${holder.host}`;
  const isElsewhere = holder !== undefined && holder.host !== hostname();
  return new DubberError("work_directory_locked", `${what} is in use by ${who} (${path}).`, {
    hint: isElsewhere
      ? "Wait until that run ends. If that machine is gone, delete the file named above."
      : `Wait until that run ends, or ${wayOut}.`,
    retryable: true,
  });
}

/** Undefined when the lock is gone again. One that cannot be understood belongs to nobody who lives. */
async function readOwner(path: string): Promise<Owner | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return undefined;
  }
  try {
    const {
      pid = 0,
      started = "",
      host = hostname(),
      token = "",
    } = JSON.parse(text) as Partial<Owner>;
    return { pid, started, host, token };
  } catch {
    return { pid: 0, started: "", host: hostname(), token: "" };
  }
}

/** A process on another machine (a shared disk) cannot be checked: it counts as alive. */
async function isAlive(holder: Owner): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  if (holder.pid <= 0) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  // Process ids are used again; the start time tells the two apart where the system shows it.
  const started = await startedAt(holder.pid);
  return started === "" || holder.started === "" || started === holder.started;
}

/** Start time of a process in clock ticks since boot, field 22 of proc(5) stat; "" where there is no /proc. */
async function startedAt(pid: number): Promise<string> {
  try {
    const line = await readFile(`/proc/${pid}/stat`, "utf8");
    return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
