/** Speaks a text of several parts: each on the disk before it counts, joined in the end to one file. */
import type { Call } from "../../core/call.ts";
import { hashValue } from "../../core/hash.ts";
import { openSpeechJoin } from "../../synthesis/join-speech.ts";
import type { SpeechResult } from "../../synthesis/synthesizer.ts";
import type { TurnOutcome } from "../tasks/workers.ts";
import { openCheckpoints } from "./checkpoints.ts";
import type { Spoken } from "./job.ts";
import { speakParts } from "./speak-parts.ts";
import type { SpeechContext, SpeechTurn } from "./speech-turn.ts";

/** A turn ends after so many characters, when others are waiting. */
const turnCharacters = 4000;

/** @throws what speaking and writing throw; what was spoken until then is on the disk. */
export async function speakLong(
  { files, store, writeResult, now }: SpeechContext,
  { task, job, engine, parts, identity, speak }: SpeechTurn,
  { signal }: Required<Call>,
): Promise<TurnOutcome> {
  const texts = parts.map(({ text }) => text);
  const { name, version } = engine;
  const checkpoints = openCheckpoints(files, {
    ...{ taskId: task.id, parts: parts.length },
    key: hashValue([name, version, identity, job.speed, job.instructions, texts]),
  });
  const total = texts.reduce((sum, { length }) => sum + length, 0);
  let [handedOn, spokenNow, sampleRate, index] = [0, 0, 0, 0];
  const speakOrLoad = async (at: number, call: Required<Call>): Promise<SpeechResult> => {
    const known = await checkpoints.load(at);
    if (known !== undefined) return known;
    const result = await speak(at, call);
    await checkpoints.save(at, result);
    spokenNow += texts[at]?.length ?? 0;
    return result;
  };
  const isEnough = () => spokenNow >= turnCharacters && store.counts().waiting > 0;
  for await (const result of speakParts(parts.length, speakOrLoad, { signal, isEnough })) {
    sampleRate = result.sampleRate;
    handedOn += texts[index]?.length ?? 0;
    index += 1;
    await store.progress(task, handedOn / total);
  }
  if (index < parts.length) return { is: "more", progress: handedOn / total };

  const join = openSpeechJoin(name);
  async function* samples(): AsyncGenerator<Int16Array> {
    for (const [at, part] of parts.entries()) {
      yield join.add({ part, result: await speakOrLoad(at, { signal }) });
    }
    yield join.end();
  }
  const sound = { sampleRate, samples: samples() };
  const written = await writeResult({ taskId: task.id, format: job.format, sound }, { signal });
  const result: Spoken = {
    ...written,
    synthesisTime: (now() - (task.startedAt ?? now())) / 1000,
    warnings: [...join.warnings],
  };
  // Until the end is written, they are what an interrupted task goes on from.
  return { is: "done", result, files: [written.file], scraps: checkpoints.names };
}
