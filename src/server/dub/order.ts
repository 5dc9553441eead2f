/** From a request for a dub to a task that can be carried out: its files kept, its voice found. */
import { extname } from "node:path";
import type { DubRequestBody } from "../../api/dub.ts";
import { parseLanguage } from "../../core/language.ts";
import { ApiError } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import type { NewTask, Owner } from "../tasks/contract.ts";
import { newTaskId } from "../tasks/task-id.ts";
import { findVoice, needCloning } from "../voices/find-voice.ts";
import type { DubJob } from "./job.ts";

export type DubOrder = DubRequestBody & {
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
/** What a second of a video's file counts as, in the fairness of owners: as much as a short text for a megabyte. */
const bytesPerCharacter = 10_000;

/** @throws ApiError, DubberError `unknown_language`. */
export async function makeDubTask(context: ServerContext, order: DubOrder): Promise<NewTask> {
  const { files, engines, now } = context;
  const { owner, video, subtitles, fit, background, burn, loudness, callbackUrl } = order;
  const to = parseLanguage(order.to);
  const speaker = await chooseSpeaker(context, order);
  await engines.get(speaker.engine);
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

async function chooseSpeaker(
  { engines, voices }: ServerContext,
  { owner, voice_id: id, provider }: DubOrder,
): Promise<Pick<DubJob, "engine" | "voice" | "ownVoice">> {
  if (provider !== undefined && !engines.names.includes(provider)) {
    const message = `This server has no voice engine of that name; it has ${engines.names.join(", ")}.`;
    throw new ApiError("validation_error", message, {
      details: { errors: [{ field: "provider", message }] },
    });
  }
  if (id === undefined) return { engine: provider ?? engines.defaultEngine };
  const found = await findVoice({ engines, voices }, { owner, id, engine: provider });
  if (found.is === "own") return { engine: needCloning(found.engine), ownVoice: found.voice.id };
  if (provider !== undefined && provider !== found.engine) {
    const message = `The voice belongs to ${found.engine}, not to ${provider}.`;
    throw new ApiError("validation_error", message, {
      details: { errors: [{ field: "provider", message }] },
    });
  }
  return { engine: found.engine, voice: found.voice.id };
}

function endingOf(fileName: string, known: readonly string[], usual: string): string {
  const ending = extname(fileName).slice(1).toLowerCase();
  return known.includes(ending) ? ending : usual;
}
