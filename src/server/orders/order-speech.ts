/** From a request for speech to a task that can be carried out: everything that can be wrong is found here, before it is accepted. */
import type { SpeechKind } from "../../api/synthesis.ts";
import { ApiError, invalidField } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import type { SpeechJob } from "../speech/job.ts";
import { checkText } from "../speech/run-speech.ts";
import type { NewTask, Owner, TaskOrigin } from "../tasks/contract.ts";
import { newTaskId } from "../tasks/task-id.ts";
import { checkKind, findVoice, needCloningEngine } from "../voices/find-voice.ts";
import { storePrompt } from "./prompt.ts";

/** A request in the server's own words. */
export type SpeechOrder = {
  readonly owner: Owner;
  readonly kind: SpeechKind;
  readonly origin: TaskOrigin;
  readonly text: string;
  readonly voiceId?: string | undefined;
  /** An uploaded recording, still undecoded, on the local disk. */
  readonly promptPath?: string | undefined;
  readonly promptText?: string | undefined;
  readonly instructions?: string | undefined;
  /** Speaks without them where the engine cannot follow any, and says so in a warning. */
  readonly ignoresInstructions?: boolean | undefined;
  readonly speed: number;
  readonly format: SpeechJob["format"];
  readonly callbackUrl?: string | undefined;
};

/** @throws ApiError, DubberError `invalid_text`, `invalid_media`. */
export async function makeSpeechTask(context: ServerContext, order: SpeechOrder): Promise<NewTask> {
  const { owner, kind, origin, text, speed, format, instructions, callbackUrl } = order;
  checkText(text);
  const { voiceId, promptPath, promptText } = order;
  if ((voiceId === undefined) === (promptPath === undefined)) {
    throw invalidField("voice_id", "Give either voice_id or prompt_audio.");
  }
  const id = newTaskId();
  const speaker =
    voiceId === undefined
      ? { engine: await needCloningEngine(context.engines, kind) }
      : await chooseSpeaker(context, { owner, kind, voiceId });
  if (!order.ignoresInstructions) await checkKind(context.engines, kind, speaker.engine);
  const promptFile =
    promptPath === undefined
      ? undefined
      : await storePrompt(context, { taskId: id, path: promptPath });
  const job: SpeechJob = {
    ...{ kind, text, speed, format },
    ...speaker,
    ...(promptFile !== undefined && { promptFile }),
    ...(promptText !== undefined && { promptText }),
    ...(instructions !== undefined && { instructions }),
  };
  return {
    ...{ id, owner, kind: "speech", origin, request: job, cost: text.length },
    ...{ createdAt: context.now(), files: promptFile === undefined ? [] : [promptFile] },
    ...(callbackUrl !== undefined && { callbackUrl }),
  };
}

type Chosen = Pick<SpeechJob, "engine" | "voice" | "language" | "ownVoice">;

async function chooseSpeaker(
  context: ServerContext,
  {
    owner,
    kind,
    voiceId,
  }: { readonly owner: Owner; readonly kind: SpeechKind; readonly voiceId: string },
): Promise<Chosen> {
  const found = await findVoice(context, { owner, id: voiceId });
  if (found.is === "own") {
    const { id, language } = found.voice;
    const engine = await needCloningEngine(context.engines, kind);
    return { engine, ownVoice: id, ...(language && { language }) };
  }
  const { engine, voice } = found;
  if (kind === "zero-shot" || kind === "cross-lingual") {
    throw new ApiError(
      "engine_unsupported",
      `${kind} needs a recorded voice, and "${voiceId}" is one that ${engine} brings along. Send prompt_audio, or upload a voice first.`,
    );
  }
  const [language] = voice.languages;
  return { engine, voice: voice.id, ...(language && { language }) };
}
