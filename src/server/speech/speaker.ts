/** What an engine is given to speak with: one of its voices, or a recording somebody has uploaded. */
import { buffer } from "node:stream/consumers";
import type { Call } from "../../core/call.ts";
import { DubberError } from "../../core/error.ts";
import type { Synthesizer, VoiceRecording } from "../../synthesis/synthesizer.ts";
import type { FileStore } from "../files/contract.ts";
import type { Owner } from "../tasks/contract.ts";
import type { VoiceStore } from "../voices/contract.ts";
import { unknownVoice } from "../voices/find-voice.ts";
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

export type SpeakerContext = { readonly files: FileStore; readonly voices: VoiceStore };

const keep = async (): Promise<void> => {};

/**
 * @throws ApiError `voice_not_found` when the voice has been deleted since; what the engine throws that keeps voices itself.
 */
export async function findSpeaker(
  { files, voices }: SpeakerContext,
  {
    job,
    owner,
    engine,
  }: { readonly job: SpeechJob; readonly owner: Owner; readonly engine: Synthesizer },
  call: Call,
): Promise<Speaker> {
  const { ownVoice, promptFile, promptText } = job;
  if (promptFile !== undefined) {
    const recording = await readRecording(files, promptFile, promptText);
    return await speakerOf(
      recording,
      { name: "dubber, for one request", engine, identity: promptFile },
      call,
    );
  }
  if (ownVoice === undefined) {
    return { voice: job.voice ?? "", identity: job.voice ?? "", release: keep };
  }
  const voice = await voices.get(owner, ownVoice);
  if (voice === undefined) throw unknownVoice(ownVoice);
  const identity = `${voice.id} ${voice.sha256}`;
  const known = voice.engineVoices[engine.name];
  if (known !== undefined) return { voice: known, identity, release: keep };
  const text = job.kind === "cross-lingual" ? undefined : (promptText ?? voice.promptText);
  const recording = await readRecording(files, voice.file, text);
  if (engine.addVoice === undefined) return { voice: "", recording, identity, release: keep };
  const made = await engine.addVoice({ name: voice.name, recording }, call);
  const isKept = await voices.setEngineVoice(owner, voice.id, engine.name, made);
  if (!isKept) await engine.removeVoice?.(made);
  return { voice: made, identity, release: keep };
}

async function speakerOf(
  recording: VoiceRecording,
  {
    name,
    engine,
    identity,
  }: { readonly name: string; readonly engine: Synthesizer; readonly identity: string },
  call: Call,
): Promise<Speaker> {
  if (engine.addVoice === undefined) return { voice: "", recording, identity, release: keep };
  const voice = await engine.addVoice({ name, recording }, call);
  return { voice, identity, release: async () => engine.removeVoice?.(voice) };
}

async function readRecording(
  files: FileStore,
  file: string,
  text: string | undefined,
): Promise<VoiceRecording> {
  const stream = await files.read(file);
  if (stream === undefined) throw new DubberError("not_found", "The voice's recording is gone.");
  return { wav: await buffer(stream), ...(text ? { text } : {}) };
}
