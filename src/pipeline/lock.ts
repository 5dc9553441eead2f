/** One writer for each work directory: a lock file that names its owner and does not outlive it. */
import { open, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { DubberError, describeFileError } from "../core/error.ts";

type Owner = { readonly pid: number; readonly started: string; readonly host: string };

/**
 * Takes the lock at `path`, or throws. A lock whose process has ended (a crash, kill -9, a restart of the machine) is
 * taken over.
 *
 * @returns releases the lock when disposed.
 * @throws DubberError `work_directory_locked` with the other process's id.
 */
export async function takeLock(path: string): Promise<AsyncDisposable> {
  const owner: Owner = {
    pid: process.pid,
    started: await startedAt(process.pid),
    host: hostname(),
  };
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(JSON.stringify(owner));
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
        throw describeFileError(error, path);
      }
    }
    const holder = await readOwner(path);
    if (holder !== undefined && (await isAlive(holder))) throw locked(path, holder);
    await rm(path, { force: true });
  }
  throw locked(path, await readOwner(path));
}

function locked(path: string, holder: Owner | undefined): DubberError {
  const who = holder === undefined ? "another run" : `process ${holder.pid} on ${holder.host}`;
  return new DubberError(
    "work_directory_locked",
    `The work directory is in use by ${who} (${path}).`,
    {
      hint: "Wait until that run ends, or give this one its own --workdir.",
      retryable: true,
    },
  );
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(path, "utf8")) as Partial<Owner>;
    if (typeof owner.pid !== "number") return undefined;
    return { pid: owner.pid, started: owner.started ?? "", host: owner.host ?? "" };
  } catch {
    // Gone again, or cut by a crash between create and write: nobody holds it.
    return undefined;
  }
}

/** A process on another machine (a shared disk) cannot be checked: it counts as alive. */
async function isAlive(holder: Owner): Promise<boolean> {
  if (holder.host !== hostname()) return true;
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
