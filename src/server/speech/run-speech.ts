/** Speaks a task: one turn of work on it, into a file or straight to whoever listens. */
import type { Call } from "../../core/call.ts";
import { openSpeechJoin } from "../../synthesis/join-speech.ts";
import { speakableText } from "../../synthesis/speakable-text.ts";
import type { TextPart } from "../../synthesis/split-text.ts";
import type { SpeechRequest } from "../../synthesis/synthesizer.ts";
import type { Task } from "../tasks/contract.ts";
import type { TurnOutcome } from "../tasks/workers.ts";
import { type Spoken, speechJobSchema } from "./job.ts";
import { speakLong } from "./speak-long.ts";
import { speakParts } from "./speak-parts.ts";
import { findSpeaker } from "./speaker.ts";
import type { SpeechContext, SpeechTurn } from "./speech-turn.ts";
import { keepSpeed, shareSpeed } from "./speed.ts";
import { textParts } from "./text-parts.ts";

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
  const { recording, voice, identity } = speaker;
  const parts = textParts(job.text, {
    maxCharacters: engine.features.maxCharacters,
    language: job.language,
  });
  const speed = shareSpeed(job.speed, engine.features.speed);
  const request: Omit<SpeechRequest, "text"> = {
    voice,
    ...(recording !== undefined && { recording }),
    ...(job.language !== undefined && { language: job.language }),
    ...(speed.asked !== 1 && { speed: speed.asked }),
    ...(job.instructions !== undefined && { instructions: job.instructions }),
  };
  const speak: SpeechTurn["speak"] = async (index, { signal }) => {
    const wish = { ...request, text: parts[index]?.text ?? "" };
    const result = await engine.speak(wish, { signal, lineId: task.id });
    return await keepSpeed(result, speed, context.changeTempo, { signal });
  };
  const turn = { task, job, engine, parts, identity, startedAt, speak };
  try {
    if (task.origin === "stream") return await speakToListener(context, turn, call);
    if (parts.length === 1) return await speakWhole(context, turn, call);
    return await speakLong(context, turn, call);
  } finally {
    await speaker.release();
  }
}

async function speakWhole(
  { writeResult, now }: SpeechContext,
  { task, job, startedAt, speak }: SpeechTurn,
  call: Required<Call>,
): Promise<TurnOutcome> {
  const { audio, sampleRate, warnings } = await speak(0, call);
  const sound = { sampleRate, samples: [audio] };
  const written = await writeResult({ taskId: task.id, format: job.format, sound }, call);
  const result: Spoken = {
    ...{ ...written, synthesisTime: (now() - startedAt) / 1000, warnings: [...warnings] },
  };
  return { is: "done", result, files: [written.file] };
}

async function speakToListener(
  { sinkOf }: SpeechContext,
  { task, engine, parts, speak }: SpeechTurn,
  { signal }: Required<Call>,
): Promise<TurnOutcome> {
  const sink = sinkOf(task.id);
  // The line was closed while the task waited.
  if (sink === undefined) return { is: "done", result: null, files: [] };
  const join = openSpeechJoin(engine.name);
  // A listener who does not read would hold the end up.
  const abort = () => sink.fail(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
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
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** What can be told before anything is spoken. @throws DubberError `invalid_text`. */
export function checkText(text: string): void {
  speakableText(text, Number.POSITIVE_INFINITY);
}
