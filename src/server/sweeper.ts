/** Removes what is too old: tasks past their age with their files, files that belong to nothing any more, and what engines keep of deleted voices. */
import type { Call } from "../core/call.ts";
import type { Clock } from "../core/clock.ts";
import type { Engines } from "./engines/engines.ts";
import type { FileStore } from "./files/contract.ts";
import { hasEnded } from "./tasks/await-end.ts";
import type { TaskStore } from "./tasks/contract.ts";
import { taskOfFile } from "./tasks/task-id.ts";
import type { VoiceStore } from "./voices/contract.ts";
import { tellEngines } from "./voices/delete-voice.ts";

export type SweepOptions = {
  readonly tasks: TaskStore;
  readonly voices: VoiceStore;
  readonly files: FileStore;
  readonly engines: Engines;
  /** From a task's end, ms. */
  readonly keptForMs: number;
  /** Unix ms. */
  readonly now: () => number;
};

/** A file may be there before the row that names it, ms. */
const strayForMs = 3_600_000;

/** Sweeps once. What is at work or waits is never touched. @returns how many files were removed. @throws the signal's reason. */
export async function sweep(
  { tasks, voices, files, engines, keptForMs, now }: SweepOptions,
  { signal }: Call = {},
): Promise<number> {
  const removed = [...(await tasks.sweep(now() - keptForMs, now()))];
  for (const name of removed) await files.remove(name);
  const known = new Set([...(await tasks.fileNames()), ...(await voices.fileNames())]);
  for await (const name of files.names()) {
    signal?.throwIfAborted();
    if (known.has(name)) continue;
    // Finished parts, and a result whose end could not be written yet.
    const id = taskOfFile(name);
    const task = id === undefined ? undefined : await tasks.get(id);
    if (task !== undefined && (!hasEnded(task) || task.files.includes(name))) continue;
    if (task === undefined && !(await isOld(files, name, now()))) continue;
    await files.remove(name);
    removed.push(name);
  }
  await tellEngines({ voices, engines });
  return removed.length;
}

/** What may still be waiting for the row that names it is not. */
async function isOld(files: FileStore, name: string, nowMs: number): Promise<boolean> {
  const facts = await files.stat(name);
  return facts !== undefined && nowMs - facts.storedAtMs >= strayForMs;
}

/** Sweeps at once and then again and again. @returns ends it. */
export function sweepRegularly(
  options: SweepOptions,
  {
    everyMs,
    clock,
    onError,
  }: {
    readonly everyMs: number;
    readonly clock: Clock;
    readonly onError: (error: unknown) => void;
  },
): () => Promise<void> {
  const ending = new AbortController();
  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      await sweep(options, ending).catch((error) => ending.signal.aborted || onError(error));
      await clock.sleep(everyMs, ending).catch(() => {});
    }
  }
  const done = run();
  return async () => {
    ending.abort();
    await done;
  };
}
