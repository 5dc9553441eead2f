/** From a request for a dub to a task that can be carried out: its files kept, its voice found. */
import { extname } from "node:path";
import type { DubRequestBody } from "../../api/dub.ts";
import { DubberError } from "../../core/error.ts";
import { parseLanguage } from "../../core/language.ts";
import { engineNames } from "../../synthesis/catalogue.ts";
import { chooseVoice } from "../../synthesis/choose-voice.ts";
import { ApiError, invalidField, toApiError } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import type { DubJob } from "../dub/job.ts";
import type { NewTask, Owner } from "../tasks/contract.ts";
import { newTaskId } from "../tasks/task-id.ts";
import { findVoice, needCloningEngine } from "../voices/find-voice.ts";

export type DubRequest = DubRequestBody & {
  readonly owner: Owner;
  readonly callbackUrl?: string | undefined;
};

/** Endings the server gives a video; whatever it really is, is found out by those who read it. */
const videoEndings = [
  "mp4",
  "mov",
  "m4v",
  "mkv",
  "webm",
  "avi",
  "mp3",
  "m4a",
  "wav",
  "flac",
  "ogg",
  "opus",
];
const textEndings = ["srt", "vtt", "ass", "ssa", "json"];
/** How many bytes of a video count as one character of a text, in the fairness of owners: a megabyte is as much as a short text. */
const bytesPerCharacter = 10_000;

/**
 * What is wrong with the files themselves is found out by whoever works on the task: they may be large.
 *
 * @throws ApiError.
 */
export async function makeDubTask(context: ServerContext, order: DubRequest): Promise<NewTask> {
  const { files, now } = context;
  const { owner, video, subtitles, fit, background, burn, loudness, callbackUrl } = order;
  const to = readLanguage(order.to);
  const speaker = await chooseSpeaker(context, order);
  await checkSpeaker(context, speaker, to);
  const id = newTaskId();
  const names: string[] = [];
  try {
    const keep = async (name: string, path: string): Promise<string> => {
      await files.put(name, path);
      names.push(name);
      return name;
    };
    const job: DubJob = {
      video: await keep(`${id}_video.${endingOf(video.fileName, videoEndings, "mp4")}`, video.path),
      ...(subtitles && {
        subtitles: await keep(
          `${id}_text.${endingOf(subtitles.fileName, textEndings, "srt")}`,
          subtitles.path,
        ),
      }),
      ...{ to, ...speaker, fit, background, burn, loudness },
    };
    return {
      ...{ id, owner, kind: "dub", origin: "async", request: job },
      ...{ cost: Math.ceil(video.sizeBytes / bytesPerCharacter), createdAt: now(), files: names },
      ...(callbackUrl !== undefined && { callbackUrl }),
    };
  } catch (error) {
    for (const name of names) await files.remove(name);
    throw error;
  }
}

function readLanguage(text: string): string {
  try {
    return parseLanguage(text);
  } catch (error) {
    const { message } = error as Error;
    throw invalidField("to", `${message} Give a code such as es, ru or pt-BR.`);
  }
}

type Speaker = Pick<DubJob, "engine" | "voice" | "ownVoice">;

async function chooseSpeaker(
  { engines, voices }: ServerContext,
  { owner, voice_id: id, provider }: DubRequest,
): Promise<Speaker> {
  if (provider !== undefined && !engines.names.includes(provider)) {
    const names = engines.names.join(", ");
    throw invalidField(
      "provider",
      `This server has no voice engine of that name; it has ${names}.`,
    );
  }
  if (id === undefined) return { engine: provider ?? engines.defaultEngine };
  const found = await findVoice({ engines, voices }, { owner, id, engine: provider });
  if (found.is === "engine") {
    if (provider === undefined || provider === found.engine) {
      return { engine: found.engine, voice: found.voice.id };
    }
    throw invalidField("provider", `The voice belongs to ${found.engine}, not to ${provider}.`);
  }
  const ownVoice = found.voice.id;
  if (provider === undefined) {
    const engine = found.engine ?? (await needCloningEngine(engines, "zero-shot"));
    return { engine, ownVoice };
  }
  const { features } = await engines.get(provider);
  if (features.cloning) return { engine: provider, ownVoice };
  throw new ApiError(
    "engine_unsupported",
    `The voice engine ${provider} cannot speak like a recording. Leave out provider, or choose another voice.`,
  );
}

/** Whether the engine can be opened, in a process of its own too, and has a voice for it. */
async function checkSpeaker(
  { engines }: ServerContext,
  { engine: name, voice, ownVoice }: Speaker,
  to: string,
): Promise<void> {
  const { features } = await engines.get(name).catch(notReady);
  if (!engineNames.includes(name)) {
    throw new ApiError("engine_unsupported", `The voice engine ${name} cannot make dubs.`);
  }
  if (voice !== undefined || ownVoice !== undefined) return;
  if (features.needsRecording) {
    throw invalidField(
      "voice_id",
      `${name} speaks with recorded voices: name one that was uploaded.`,
    );
  }
  try {
    chooseVoice(await engines.voices(name), { language: to });
  } catch (error) {
    // An engine that is down may be up when the task's turn comes.
    if (error instanceof DubberError && error.code === "unknown_language") {
      throw invalidField("to", error.message);
    }
  }
}

/** Whatever is wrong with an engine's settings is no fault of the request's. */
function notReady(cause: unknown): never {
  const error = toApiError(cause);
  if (error.code === "model_not_ready") throw error;
  throw new ApiError("model_not_ready", "The voice engine cannot be opened.", { cause });
}

function endingOf(fileName: string, known: readonly string[], usual: string): string {
  const ending = extname(fileName).slice(1).toLowerCase();
  return known.includes(ending) ? ending : usual;
}
