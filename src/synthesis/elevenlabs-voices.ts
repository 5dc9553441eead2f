/** Voices of one's own at ElevenLabs: made of a recording, and taken away again. */
import { DubberError } from "../core/error.ts";
import { askService, type ServiceAskCall } from "../service/ask.ts";
import type { ServiceAnswer, ServiceQuestion } from "../service/connection.ts";
import type { ServiceName } from "../service/failure.ts";
import { encodeForm } from "../service/multipart-form.ts";
import { below } from "../service/settings.ts";
import { isCloningRefused, readAddedVoice, understandElevenlabs } from "./elevenlabs-answers.ts";
import { plainRecording } from "./prompt-recording.ts";
import type { VoiceRecording } from "./synthesizer.ts";

/** A voice to be made. */
export type NewVoice = { readonly name: string; readonly recording: VoiceRecording };

export type VoiceKeeper = {
  /** As `Synthesizer.addVoice`. */
  add(voice: NewVoice, call: ServiceAskCall): Promise<string>;
  /** As `Synthesizer.removeVoice`. */
  remove(id: string, call: ServiceAskCall): Promise<void>;
};

/** @param send asks with the key. */
export function voiceKeeper({
  service,
  send,
}: {
  readonly service: ServiceName;
  readonly send: (question: ServiceQuestion, signal: AbortSignal) => Promise<ServiceAnswer>;
}): VoiceKeeper {
  const { title, url, keyVariable } = service;

  async function add({ name, recording }: NewVoice, call: ServiceAskCall): Promise<string> {
    const { contentType, body } = encodeForm({
      name: name.toWellFormed(),
      files: { wav: plainRecording(recording.wav) },
    });
    const headers = { "content-type": contentType };
    let refusal: ServiceAnswer | undefined;
    const answer = await askService(
      {
        service,
        asked: {},
        ask: (signal) =>
          send({ method: "POST", url: below(url, "v1/voices/add"), headers, body }, signal),
        understand(refused) {
          refusal = refused;
          return understandElevenlabs(refused);
        },
      },
      call,
    ).catch((error: unknown) => {
      const isDenied = refusal !== undefined && isCloningRefused(refusal);
      // Said of voices only: the key is good for all that is there already.
      throw isDenied && error instanceof DubberError ? deniedError(error, keyVariable) : error;
    });
    const id = readAddedVoice(answer.body);
    if (id !== undefined) return id;
    const message = `${title} sent an answer that names no new voice.`;
    throw new DubberError("engine_failed", message, { retryable: true });
  }

  async function remove(id: string, call: ServiceAskCall): Promise<void> {
    const path = elevenlabsVoicePath(id);
    if (path === undefined) return;
    try {
      await askService(
        {
          service,
          asked: { voice: id },
          ask: (signal) => send({ method: "DELETE", url: below(url, `v1/voices/${path}`) }, signal),
          understand: (answer) => ({
            ...understandElevenlabs(answer),
            ...(answer.status === 404 && { about: "voice" }),
          }),
        },
        call,
      );
    } catch (error) {
      const isGone = error instanceof DubberError && error.code === "unknown_voice";
      if (!isGone) throw error;
    }
  }

  return { add, remove };
}

/** A voice as a step of a path; undefined for dots alone, which would lead out of the path of voices and are no voice. */
export function elevenlabsVoicePath(voice: string): string | undefined {
  return /^\.*$/.test(voice) ? undefined : encodeURIComponent(voice.toWellFormed());
}

function deniedError({ message }: DubberError, keyVariable = "the key"): DubberError {
  return new DubberError("engine_unsupported", message, {
    hint: `Let the key in ${keyVariable} make voices, or choose a plan with instant voice cloning.`,
  });
}
