/** Speaks a task: part by part, each on the disk before it counts, joined in the end to one file. Or straight to whoever listens. */
import type { Call } from "../../core/call.ts";
import { hashBytes } from "../../core/hash.ts";
import { openSpeechJoin } from "../../synthesis/join-speech.ts";
import type { ScheduledSynthesizer } from "../../synthesis/schedule.ts";
import { speakableText } from "../../synthesis/speakable-text.ts";
import type { TextPart } from "../../synthesis/split-text.ts";
import type { SpeechRequest, SpeechResult } from "../../synthesis/synthesizer.ts";
import type { Engines } from "../engines/engines.ts";
import type { Task, TaskStore } from "../tasks/contract.ts";
import type { TurnOutcome } from "../tasks/workers.ts";
import { type Checkpoints, openCheckpoints } from "./checkpoints.ts";
import { type SpeechJob, type Spoken, speechJobSchema } from "./job.ts";
import type { WriteResult } from "./result-file.ts";
import type { SoundSink } from "./sinks.ts";
import { speakParts } from "./speak-parts.ts";
import { findSpeaker, type SpeakerContext } from "./speaker.ts";
import { textParts } from "./text-parts.ts";

export type SpeechContext = SpeakerContext & {
  readonly engines: Engines;
  readonly store: TaskStore;
  readonly writeResult: WriteResult;
  /** Who listens to a task of origin `stream`. */
  readonly sinkOf: (taskId: string) => SoundSink | undefined;
  /** Unix ms. */
  readonly now: () => number;
};

/** A turn ends at the next part after so many characters, when others are waiting. */
const turnCharacters = 4000;

type Turn = {
  readonly task: Task;
  readonly job: SpeechJob;
  readonly engine: ScheduledSynthesizer;
  readonly parts: readonly TextPart[];
  readonly speak: (index: number, call: Required<Call>) => Promise<SpeechResult>;
};

/**
 * One turn of work on a speech task.
 *
 * @throws ApiError, DubberError; the signal's reason.
 */
export async function runSpeech(
  context: SpeechContext,
  task: Task,
  call: Required<Call>,
): Promise<TurnOutcome> {
  const startedAt = context.now();
  const job = speechJobSchema.parse(task.request);
  const engine = await context.engines.get(job.engine);
  const speaker = await findSpeaker(context, { job, owner: task.owner, engine }, call);
  const { recording, voice } = speaker;
  const parts = textParts(job.text, {
    maxCharacters: engine.features.maxCharacters,
    language: job.language,
  });
  const request: Omit<SpeechRequest, "text"> = {
    voice,
    ...(recording !== undefined && { recording }),
    ...(job.language !== undefined && { language: job.language }),
    ...(job.speed !== 1 && { speed: job.speed }),
    ...(job.instructions !== undefined && { instructions: job.instructions }),
  };
  const speak: Turn["speak"] = (index, partCall) =>
    engine.speak({ ...request, text: parts[index]?.text ?? "" }, { ...partCall, lineId: task.id });
  const turn = { task, job, engine, parts, speak };
  try {
    if (task.origin === "stream") return await speakToListener(context, turn, call);
    if (parts.length === 1) return await speakWhole(context, turn, { ...call, startedAt });
    const key = hashBytes(
      JSON.stringify([engine.name, engine.version, speaker.identity, job.speed, job.instructions]),
    );
    const checkpoints = openCheckpoints(context.files, {
      ...{ taskId: task.id, key, parts: parts.length },
    });
    return await speakLong(context, turn, checkpoints, { ...call, startedAt });
  } finally {
    await speaker.release().catch(() => {});
  }
}

type Started = Required<Call> & { readonly startedAt: number };

async function speakWhole(
  { writeResult, now }: SpeechContext,
  { task, job, speak }: Turn,
  { signal, startedAt }: Started,
): Promise<TurnOutcome> {
  const { audio, sampleRate, warnings } = await speak(0, { signal });
  const sound = { sampleRate, samples: [audio] };
  const written = await writeResult({ taskId: task.id, format: job.format, sound }, { signal });
  return done(written, { warnings, ms: now() - startedAt });
}

async function speakLong(
  { store, writeResult, now }: SpeechContext,
  { task, job, engine, parts, speak }: Turn,
  checkpoints: Checkpoints,
  { signal, startedAt }: Started,
): Promise<TurnOutcome> {
  const total = parts.reduce((sum, { text }) => sum + text.length, 0);
  let characters = 0;
  let spokenNow = 0;
  let sampleRate = 0;
  const speakOrLoad = async (index: number, call: Required<Call>): Promise<SpeechResult> => {
    const known = await checkpoints.load(index);
    if (known !== undefined) return known;
    const result = await speak(index, call);
    await checkpoints.save(index, result);
    spokenNow += parts[index]?.text.length ?? 0;
    return result;
  };
  let index = 0;
  for await (const result of speakParts(parts.length, speakOrLoad, { signal })) {
    sampleRate = result.sampleRate;
    characters += parts[index]?.text.length ?? 0;
    index += 1;
    const progress = characters / total;
    await store.progress(task, progress);
    const isLast = index === parts.length;
    if (!isLast && spokenNow >= turnCharacters && store.counts().waiting > 0) {
      return { is: "more", progress };
    }
  }
  const join = openSpeechJoin(engine.name);
  async function* samples(): AsyncGenerator<Int16Array> {
    for (const [at, part] of parts.entries()) {
      const result = (await checkpoints.load(at)) ?? (await speakOrLoad(at, { signal }));
      yield join.add({ part, result });
    }
    yield join.end();
  }
  const sound = { sampleRate, samples: samples() };
  const written = await writeResult({ taskId: task.id, format: job.format, sound }, { signal });
  await checkpoints.clear();
  return done(written, { warnings: join.warnings, ms: now() - (task.startedAt ?? startedAt) });
}

async function speakToListener(
  { sinkOf }: SpeechContext,
  { task, engine, parts, speak }: Turn,
  { signal }: Required<Call>,
): Promise<TurnOutcome> {
  const sink = sinkOf(task.id);
  // The line was closed while the task waited.
  if (sink === undefined) return { is: "done", result: null, files: [] };
  const join = openSpeechJoin(engine.name);
  try {
    let index = 0;
    for await (const result of speakParts(parts.length, speak, { signal })) {
      const part = parts[index++] as TextPart;
      await sink.write(join.add({ part, result }), result.sampleRate);
    }
    await sink.write(join.end());
    await sink.end();
    return { is: "done", result: null, files: [] };
  } catch (error) {
    sink.fail(error);
    throw error;
  }
}

function done(
  written: Omit<Spoken, "synthesisTime" | "warnings">,
  { warnings, ms }: { readonly warnings: readonly string[]; readonly ms: number },
): TurnOutcome {
  const result: Spoken = { ...written, synthesisTime: ms / 1000, warnings: [...warnings] };
  return { is: "done", result, files: [written.file] };
}

/** What can be told before anything is spoken. @throws DubberError `invalid_text`. */
export function checkText(text: string): void {
  speakableText(text, Number.POSITIVE_INFINITY);
}
