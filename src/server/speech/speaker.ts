/** What an engine is given to speak with: one of its voices, or a recording somebody has uploaded. */
import { buffer } from "node:stream/consumers";
import type { Call } from "../../core/call.ts";
import { DubberError } from "../../core/error.ts";
import type { Synthesizer, VoiceRecording } from "../../synthesis/synthesizer.ts";
import { keptVoiceName } from "../engines/kept-voices.ts";
import type { FileStore } from "../files/contract.ts";
import type { Owner } from "../tasks/contract.ts";
import type { StoredVoice, VoiceStore } from "../voices/contract.ts";
import { unknownVoice } from "../voices/find-voice.ts";
import type { EngineVoices } from "./engine-voices.ts";
import type { SpeechJob } from "./job.ts";

export type Speaker = {
  /** Of the engine; empty for a recording. */
  readonly voice: string;
  readonly recording?: VoiceRecording;
  /** What decides the sound besides engine and text: for the names of finished parts. */
  readonly identity: string;
  /** Takes away what was made at the engine for this task alone. */
  release(): Promise<void>;
};

export type SpeakerContext = {
  readonly files: FileStore;
  readonly voices: VoiceStore;
  readonly engineVoices: EngineVoices;
};

/** How long an engine may take to forget a recording, ms: the task's place is not free before. */
const releaseMs = 10_000;
const keep = async (): Promise<void> => {};

/**
 * @throws ApiError `voice_not_found` when the voice has been deleted since; what the engine throws that keeps voices itself.
 */
export async function findSpeaker(
  context: SpeakerContext,
  {
    job,
    owner,
    engine,
  }: { readonly job: SpeechJob; readonly owner: Owner; readonly engine: Synthesizer },
  call: Call,
): Promise<Speaker> {
  const { voice = "", ownVoice, promptFile, promptText } = job;
  if (promptFile !== undefined) {
    const recording = await readRecording(context.files, promptFile, promptText);
    if (recording === undefined) throw new DubberError("internal", "The task's recording is gone.");
    return await fromPrompt(recording, { engine, identity: promptFile }, call);
  }
  if (ownVoice === undefined) return { voice, identity: voice, release: keep };
  const own = await context.voices.get(owner, ownVoice);
  if (own === undefined) throw unknownVoice(ownVoice);
  return await fromOwnVoice(context, own, { job, engine }, call);
}

async function fromOwnVoice(
  { files, engineVoices }: SpeakerContext,
  own: StoredVoice,
  { job, engine }: { readonly job: SpeechJob; readonly engine: Synthesizer },
  call: Call,
): Promise<Speaker> {
  const identity = `${own.id} ${own.sha256}`;
  const known = own.engineVoices[engine.name];
  if (known !== undefined) return { voice: known, identity, release: keep };
  const text = job.kind === "cross-lingual" ? undefined : (job.promptText ?? own.promptText);
  const recording = await readRecording(files, own.file, text);
  if (recording === undefined) throw unknownVoice(own.id);
  if (engine.addVoice === undefined) return { voice: "", recording, identity, release: keep };
  const voice = await engineVoices.idOf(own, engine, recording, call);
  return { voice, identity, release: keep };
}

async function fromPrompt(
  recording: VoiceRecording,
  { engine, identity }: { readonly engine: Synthesizer; readonly identity: string },
  call: Call,
): Promise<Speaker> {
  if (engine.addVoice === undefined) return { voice: "", recording, identity, release: keep };
  const voice = await engine.addVoice({ name: keptVoiceName("one request"), recording }, call);
  return {
    ...{ voice, identity },
    async release() {
      const signal = AbortSignal.timeout(releaseMs);
      // What was spoken is good all the same; the voice stays at the engine then.
      await engine.removeVoice?.(voice, { signal }).catch(() => {});
    },
  };
}

/** Undefined when it is gone. */
async function readRecording(
  files: FileStore,
  file: string,
  text: string | undefined,
): Promise<VoiceRecording | undefined> {
  const stream = await files.read(file);
  return stream && { wav: await buffer(stream), ...(text ? { text } : {}) };
}
