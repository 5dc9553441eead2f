/** The work directory is the save file: opened once, locked, and only ever changed through here. */
import { basename, extname, join, resolve } from "node:path";
import { removeLeftovers } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { hashValue } from "../core/hash.ts";
import { takeLock } from "../core/lock.ts";
import { makeDirectory } from "../core/make-directory.ts";
import { checkReadableFile } from "../core/readable-file.ts";
import type { Emit, StageName } from "./events.ts";
import { identify } from "./source-identity.ts";
import { describeOutput, isWhole, readState, type StageRecord, writeState } from "./state.ts";

export type StageWork = {
  /** Everything the stage's result depends on: its options and the content of what it reads. May still be on its way. */
  readonly fingerprint: string | Promise<string>;
  /** True when it has to run whatever its fingerprint says. Default false. */
  readonly isStale?: boolean;
  /** Makes the files; returns their paths, warnings for the person and small facts for later stages. */
  readonly run: () => Promise<{
    readonly outputs: readonly string[];
    readonly warnings?: readonly string[];
    readonly facts?: Readonly<Record<string, unknown>>;
    /** False when something is missing and the next run has to try again. Default true. */
    readonly isComplete?: boolean;
  }>;
};

export type WorkDirectory = AsyncDisposable & {
  /** Absolute path. */
  readonly root: string;
  /** Absolute path of the language's own folder: `<root>/es`, or the root itself without a language. */
  readonly languageRoot: string;
  /** A fingerprint of `options` and the video's content, which is read in the background on the first run. */
  fingerprint(options: Readonly<Record<string, unknown>>): Promise<string>;
  /**
   * Runs a stage unless its fingerprint is unchanged and everything it made is still whole.
   * `scope` keeps languages apart; "" is shared by all.
   */
  stage(name: StageName, scope: string, work: StageWork): Promise<StageRecord>;
  /** True when every file the record names is still there and whole. */
  isWhole(record: StageRecord): Promise<boolean>;
  /** What the stage left the last time it ended, whole or not. */
  lastRecord(name: StageName, scope: string): StageRecord | undefined;
};

export type OpenOptions = {
  readonly video: string;
  /** Default `.work/<video's name>` in the current folder. */
  readonly workdir?: string | undefined;
  /** The language's folder; none keeps everything in the work directory itself. */
  readonly language?: string | undefined;
  /** Stages that run again whatever their fingerprint says. */
  readonly force?: readonly StageName[] | undefined;
  readonly emit: Emit;
};

/** `.work/<video's name without extension>`, below `folder`; default: the current one. */
export function defaultWorkDirectory(video: string, folder = "."): string {
  return resolve(folder, ".work", basename(video, extname(video)));
}

/**
 * Opens (or makes) and locks the work directory of a video.
 *
 * @throws DubberError `work_directory_locked`, `work_directory_foreign` (it belongs to another video),
 *   `work_directory_corrupt`, `not_found` (no such video), `unreadable`, `not_writable`, `disk_full`.
 */
export async function openWorkDirectory(
  { video, workdir, language, force = [], emit }: OpenOptions,
  call: Call = {},
): Promise<WorkDirectory> {
  const root = resolve(workdir ?? defaultWorkDirectory(video));
  const languageRoot = language === undefined ? root : join(root, language);
  const statePath = join(root, "dub.json");
  // Before anything is made for it: a name typed wrong leaves no folder behind.
  await checkReadableFile(video);
  await makeDirectory(languageRoot);
  const lock = await takeLock(join(root, ".lock"));
  try {
    const state = await readState(statePath);
    // The lock is ours: whatever is half-written here, nobody is writing it any more.
    const folders = [root, languageRoot, join(languageRoot, "speech")];
    await Promise.all(folders.map((folder) => removeLeftovers(folder)));
    let saving: Promise<void> = Promise.resolve();
    function save(): Promise<void> {
      saving = saving.catch(() => {}).then(() => writeState(statePath, state));
      return saving;
    }

    const known = state.source;
    const identifying = identify(video, known, call).then(async (identity) => {
      if (known !== undefined && identity.sha256 !== known.sha256) throw foreign(root, known.path);
      if (known === undefined || identity !== known) {
        state.source = { ...identity, path: resolve(video) };
        await save();
      }
      return identity;
    });
    identifying.catch(() => {});
    // A directory that already belongs to a video is checked before anything is written into it.
    if (known !== undefined) await identifying;

    async function allWhole({ outputs }: StageRecord): Promise<boolean> {
      return (await Promise.all(outputs.map((output) => isWhole(root, output)))).every(Boolean);
    }

    return {
      root,
      languageRoot,
      fingerprint(options) {
        const whole = identifying.then(({ sha256 }) => hashValue({ video: sha256, ...options }));
        // Whoever needs it awaits it; a run that ends before that is no failure of its own.
        whole.catch(() => {});
        return whole;
      },
      isWhole: allWhole,
      lastRecord: (name, scope) => state.stages[keyOf(name, scope)],
      async stage(name, scope, { fingerprint, isStale = false, run }) {
        const key = keyOf(name, scope);
        const before = state.stages[key];
        const event = { type: "stage", stage: name, ...(scope && { language: scope }) } as const;
        // On a first run nothing can be skipped: the work starts while the video's content is still being read.
        const isSame = before !== undefined && before.fingerprint === (await fingerprint);
        if (isSame && !isStale && !force.includes(name)) {
          if (await allWhole(before)) {
            emit({ ...event, status: "skipped" });
            for (const message of before.warnings) emit({ type: "warning", stage: name, message });
            return before;
          }
        }
        call.signal?.throwIfAborted();
        emit({ ...event, status: "started" });
        const { outputs, warnings = [], facts = {}, isComplete = true } = await run();
        for (const message of warnings) emit({ type: "warning", stage: name, message });
        const record: StageRecord = {
          fingerprint: isComplete ? await fingerprint : "",
          finishedAt: new Date().toISOString(),
          outputs: await Promise.all(outputs.map((path) => describeOutput(root, path))),
          warnings: [...warnings],
          facts: { ...facts },
        };
        state.stages[key] = record;
        await save();
        emit({ ...event, status: "done" });
        return record;
      },
      async [Symbol.asyncDispose]() {
        await identifying.catch(() => {});
        await saving.catch(() => {});
        await lock[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

function keyOf(name: StageName, scope: string): string {
  return scope === "" ? name : `${scope}/${name}`;
}

function foreign(root: string, owner: string): DubberError {
  return new DubberError(
    "work_directory_foreign",
    `The work directory ${root} belongs to another video (${owner}), or that video has changed.`,
    { hint: "Give this video its own --workdir, or delete that directory to start over." },
  );
}
