/** Works on a dubbing task: has a process of its own make it, notes how far it is, and keeps what has come of it. */
import { extname } from "node:path";
import type { Call } from "../../core/call.ts";
import { Closers } from "../../core/closers.ts";
import { DubberError } from "../../core/error.ts";
import { isSameLanguage } from "../../core/language.ts";
import { findSpeaker } from "../speech/speaker.ts";
import type { SpeechContext } from "../speech/speech-turn.ts";
import type { Task } from "../tasks/contract.ts";
import type { TurnOutcome } from "../tasks/workers.ts";
import { serverVariables } from "../variables.ts";
import { DubProcessEnded, runDubProcess } from "./dub-child.ts";
import type { DubOrder, MadeDub, OwnVoice } from "./dub-protocol.ts";
import { type Dubbed, type DubJob, dubJobSchema } from "./job.ts";
import { removeOnceEnded, workDirectoryOf } from "./work-directories.ts";

export type DubContext = SpeechContext & {
  /** The data directory. */
  readonly root: string;
  /** Keys, addresses and tools are found here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of one call to an engine, and of its silence; default the pipeline's own. */
  readonly callTimeoutMs?: number;
  readonly outageMs?: number;
};

/** A process that died may have been hit by what does not happen twice. */
const mostProcesses = 2;

/**
 * Makes a dub. What an interrupted attempt has left is gone on with.
 *
 * @throws DubberError what the dub fails with, in words for the client; ApiError `voice_not_found`; the signal's reason, once
 * everything that was started is gone.
 */
export async function runDub(
  context: DubContext,
  task: Task,
  call: Required<Call>,
): Promise<TurnOutcome> {
  const { files, store, root } = context;
  const job = dubJobSchema.parse(task.request);
  const directory = workDirectoryOf(root, task.id);
  const opened = new Closers();
  opened.add(() => removeOnceEnded(store, task.id, directory));
  const local = async (name: string): Promise<string> => {
    const { path, release } = await files.local(name);
    opened.add(release);
    return path;
  };
  try {
    return await keep(context, task, await make(context, { task, job, directory, local }, call));
  } finally {
    await opened.close();
  }
}

type Making = {
  readonly task: Task;
  readonly job: DubJob;
  readonly directory: string;
  /** Where a kept file lies on this machine. */
  readonly local: (name: string) => Promise<string>;
};

async function make(
  context: DubContext,
  { task, job, directory, local }: Making,
  { signal }: Required<Call>,
): Promise<MadeDub> {
  const ownVoice = await findOwnVoice(context, { job, owner: task.owner }, { signal });
  const { callTimeoutMs, outageMs } = context;
  const order: DubOrder = {
    ...{ job, directory, root: context.root, video: await local(job.video) },
    ...(job.subtitles !== undefined && { subtitles: await local(job.subtitles) }),
    ...(ownVoice && { ownVoice }),
    ...(callTimeoutMs !== undefined && { callTimeoutMs }),
    ...(outageMs !== undefined && { outageMs }),
  };
  return await makeIt(context, { task, order }, { signal });
}

/** The own voice as its engine takes it; undefined for a dub with one of the engine's. */
async function findOwnVoice(
  context: DubContext,
  { job, owner }: { readonly job: DubJob; readonly owner: string },
  call: Call,
): Promise<OwnVoice | undefined> {
  const { ownVoice: id, to } = job;
  if (id === undefined) return undefined;
  const engine = await context.engines.get(job.engine);
  const language = (await context.voices.get(owner, id))?.language;
  // What is said in a recording helps only where the dub is in the same language.
  const isSame = language === undefined || isSameLanguage(language, to);
  const kind = isSame ? "zero-shot" : "cross-lingual";
  const speech = { kind, text: "", engine: job.engine, ownVoice: id, speed: 1 } as const;
  const asked = { job: { ...speech, format: "wav" }, owner, engine } as const;
  const { voice, recording, identity } = await findSpeaker(context, asked, call);
  return recording === undefined ? { id: voice, identity } : { id, recording, identity };
}

async function makeIt(
  { store, env }: DubContext,
  { task, order }: { readonly task: Task; readonly order: DubOrder },
  { signal }: Required<Call>,
): Promise<MadeDub> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runDubProcess(order, {
        ...{ name: task.id, env: withoutSecrets(env), signal },
        // How far it is can be told a little later.
        onProgress: (share) => void store.progress(task, share).catch(() => {}),
      });
    } catch (error) {
      if (signal.aborted || !isByChance(error)) throw error;
      if (attempt === mostProcesses) throw describeEnd(error);
    }
  }
}

/** Keys of engines and where tools are have to be known there; who may come in here, and how messages are signed, have not. */
function withoutSecrets(env: DubContext["env"]): DubContext["env"] {
  const ours: ReadonlySet<string> = new Set(serverVariables);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.has(name)));
}

/** The process, or an ffmpeg of it, was killed: by a system without memory, or by somebody. */
function isByChance(error: unknown): boolean {
  if (error instanceof DubProcessEnded) return true;
  return error instanceof DubberError && error.code === "tool_failed" && error.retryable;
}

function describeEnd(error: unknown): unknown {
  if (!(error instanceof DubProcessEnded)) return error;
  return new DubberError("tool_failed", "The process that makes the dub has died twice.", {
    cause: error,
  });
}

/** Moves the finished files into the store. The video goes last: what the directory has lost, a next attempt makes again. */
async function keep(
  { files }: DubContext,
  task: Task,
  { video, audio, subtitles, report, warnings }: MadeDub,
): Promise<TurnOutcome> {
  const put = async (path: string): Promise<string> => {
    const name = `${task.id}${extname(path)}`;
    await files.put(name, path);
    return name;
  };
  const names = { subtitles: await put(subtitles), audio: await put(audio) };
  const result: Dubbed = {
    ...(video !== undefined && { video: await put(video) }),
    ...{ ...names, report, warnings: [...warnings] },
  };
  const made = [result.subtitles, result.audio, ...(result.video ? [result.video] : [])];
  return { is: "done", result, files: made };
}
