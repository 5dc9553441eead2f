/** Everything a speech task is spoken with, on a disk of its own, with an engine that does what a test tells it to. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type FakeEngine, makeFakeEngine } from "../../../../test/support/fake-engine.ts";
import { foundTools } from "../../../../test/support/found-tools.ts";
import { changeTempo } from "../../../audio/change-tempo.ts";
import { encodeSoundFile } from "../../../media/sound-file.ts";
import type { Synthesizer, VoiceRecording } from "../../../synthesis/synthesizer.ts";
import { openEngines } from "../../engines/engines.ts";
import { openDiskFiles } from "../../files/disk-files.ts";
import { openDatabase } from "../../store/database.ts";
import { openSqliteTasks } from "../../store/sqlite-tasks.ts";
import { openSqliteVoices } from "../../store/sqlite-voices.ts";
import type { NewTask, Task } from "../../tasks/contract.ts";
import { makeNewTask } from "../../tasks/testing/new-task.ts";
import { openEngineVoices } from "../engine-voices.ts";
import type { SpeechJob, Spoken } from "../job.ts";
import { resultWriter } from "../result-file.ts";
import { runSpeech } from "../run-speech.ts";
import { Sinks } from "../sinks.ts";
import type { SpeechContext } from "../speech-turn.ts";

export type SpeechBench = Awaited<ReturnType<typeof openSpeechBench>>;

export async function openSpeechBench(engine: FakeEngine = makeFakeEngine()) {
  const folder = await mkdtemp(join(tmpdir(), "dubber-speech-"));
  const database = openDatabase(join(folder, "dubber.db"));
  const now = Date.now;
  const store = openSqliteTasks(database, { now });
  const files = await openDiskFiles(join(folder, "files"));
  const voices = openSqliteVoices(database);
  const open = (one: Synthesizer) =>
    openEngines({
      ...{ env: {}, defaultEngine: one.name, limit: 64, callTimeoutMs: 60_000, outageMs: 60_000 },
      ...{ now, extra: { [one.name]: async () => one } },
    });
  const sinks = new Sinks();
  const context: SpeechContext = {
    ...{ engines: open(engine), store, files, voices, engineVoices: openEngineVoices(voices) },
    writeResult: resultWriter({
      ...{ files, folder },
      encode: async (file, call) => await encodeSoundFile(await foundTools(), file, call),
    }),
    ...{ changeTempo, sinkOf: (id) => sinks.get(id), now },
  };
  const signal = new AbortController().signal;

  return {
    ...{ context, engine, store, files, voices, sinks, folder },
    /** The same disk with another engine. */
    with: (other: Synthesizer): SpeechContext => ({ ...context, engines: open(other) }),
    /** Submits a task and begins it. */
    async begin(job: Partial<SpeechJob>, task: Partial<NewTask> = {}): Promise<Task> {
      const request = {
        ...{ kind: "sft", text: "Hello.", engine: engine.name, speed: 1, format: "wav" },
        ...(job.ownVoice === undefined && job.promptFile === undefined && { voice: "ann" }),
        ...job,
      };
      const cost = request.text.length;
      await store.submit(makeNewTask({ request, cost, ...task }), {
        mostWaiting: 99,
        mostOpen: 99,
      });
      return (await store.claim(["speech"])) as Task;
    },
    run: (task: Task, { in: within = context, call = { signal } } = {}) =>
      runSpeech(within, task, call),
    /** The result of a turn that has to be the last. */
    async finish(task: Task, within = context): Promise<Spoken> {
      const outcome = await runSpeech(within, task, { signal });
      if (outcome.is !== "done") throw new Error("There is more to do.");
      return outcome.result as Spoken;
    },
    async samplesOf(name: string): Promise<Int16Array> {
      const stream = await files.read(name);
      const bytes = stream === undefined ? Buffer.alloc(0) : await buffer(stream);
      const data = Uint8Array.from(bytes.subarray(name.endsWith(".wav") ? 44 : 0));
      return new Int16Array(data.buffer);
    },
    namesOfFiles: async () => (await Array.fromAsync(files.names())).toSorted(),
    async [Symbol.asyncDispose]() {
      await context.engines[Symbol.asyncDispose]();
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An engine that keeps voices: what it was given, and what it still has. */
export function keepVoices(engine: FakeEngine) {
  const added: VoiceRecording[] = [];
  const kept = new Set<string>();
  const keeping: FakeEngine & { adding: Promise<unknown> | undefined } = Object.assign(engine, {
    adding: undefined as Promise<unknown> | undefined,
    async addVoice({ recording }: { readonly recording: VoiceRecording }) {
      added.push(recording);
      const id = `kept_${added.length}`;
      await keeping.adding;
      kept.add(id);
      return id;
    },
    async removeVoice(id: string) {
      kept.delete(id);
    },
  });
  const { speak } = engine;
  keeping.speak = (request, call) =>
    speak(
      kept.has(request.voice) ? { ...request, recording: { wav: new Uint8Array() } } : request,
      call,
    );
  return { engine: keeping, added, kept };
}
