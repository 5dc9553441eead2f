/** Who listens and who is asked: recognisers, speech detectors and language models, opened when they are needed. */
import type { Asker, ChatModel, ChatReply, ChatRequest } from "../chat/chat-model.ts";
import { openOpenaiChat } from "../chat/openai.ts";
import { DubberError } from "../core/error.ts";
import { languageName } from "../core/language.ts";
import { listeningRate } from "../core/sound.ts";
import type { InstalledModel, ModelStore } from "../models/contract.ts";
import { findInstalled, findModel, type ModelWish, openModelStore } from "../models/store.ts";
import { type Denoiser, openDenoiser } from "../recognition/denoiser.ts";
import { type Diarizer, openDiarizer } from "../recognition/diarize.ts";
import { openLocalRecognizer } from "../recognition/local.ts";
import { openOpenaiRecognizer } from "../recognition/openai.ts";
import type {
  RecognitionRequest,
  RecognitionResult,
  Recognizer,
  SpeechDetector,
} from "../recognition/recognizer.ts";
import { openSileroDetector } from "../recognition/silero.ts";
import type { Scheduled, SchedulerOptions } from "../scheduler/contract.ts";
import { scheduleAsks } from "../scheduler/schedule-asks.ts";

/** A recogniser that waits for its turn and tries again. */
export type Listener = Pick<Recognizer, "name" | "version" | "features" | "place"> &
  Scheduled<RecognitionRequest, RecognitionResult>;

export type TextEngines = AsyncDisposable & {
  /**
   * Opens a recogniser, once for each name.
   *
   * @param model of the service, or the name of an installed one; default the recogniser's own.
   * @param language what will be heard, for the choice among installed models.
   * @throws DubberError `model_missing` with what to pull; `model_corrupt`, `invalid_options`.
   */
  listener(name: "local" | "openai", choice: ModelChoice): Promise<Listener>;
  /** The silero detector where its model is installed. */
  detector(): Promise<SpeechDetector | undefined>;
  /**
   * Takes out noise.
   *
   * @throws DubberError `model_missing`.
   */
  denoiser(): Promise<Denoiser>;
  /** Tells speakers apart, where both models for it are installed. */
  diarizer(): Promise<Diarizer | undefined>;
  /** Opens a chat model, once for each name. */
  asker(model: string): Promise<Asker>;
};

export type ModelChoice = {
  readonly model?: string | undefined;
  readonly language?: string | undefined;
};

export type TextEnginesOptions = {
  /** Keys and addresses; `STT_BASE_URL` with `STT_API_KEY` and `CHAT_BASE_URL` with `CHAT_API_KEY` where they are not those of the voices. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly scheduling: SchedulerOptions;
};

/** Nothing is opened before it is asked for. */
export function prepareTextEngines({ env, scheduling }: TextEnginesOptions): TextEngines {
  let opening: Promise<ModelStore> | undefined;
  const store = (): Promise<ModelStore> => (opening ??= openModelStore(env));
  const installed = async (wish: ModelWish) => await findInstalled(await store(), wish);
  const opened = new Map<string, Promise<{ close(): Promise<void> }>>();
  function once<One extends { close(): Promise<void> }>(
    key: string,
    open: () => Promise<One>,
  ): Promise<One> {
    const known = opened.get(key) as Promise<One> | undefined;
    const one = known ?? open();
    opened.set(key, one);
    return one;
  }

  async function openListener(name: "local" | "openai", choice: ModelChoice): Promise<Listener> {
    const recognizer =
      name === "openai"
        ? await openOpenaiRecognizer({
            env,
            ...(choice.model !== undefined && { model: choice.model }),
          })
        : await openLocalRecognizer({ model: await installedRecognizer(choice) });
    return schedule(recognizer, scheduling);
  }
  async function installedRecognizer({ model, language }: ModelChoice): Promise<InstalledModel> {
    if (model !== undefined) return await findModel(await store(), model);
    const wish = { kind: "recognizer", ...(language !== undefined && { language }) } as const;
    const found = await installed(wish);
    if (found !== undefined) return found;
    const what = language === undefined ? "" : ` for ${languageName(language)}`;
    throw new DubberError("model_missing", `No recogniser${what} is installed on this machine.`, {
      hint: "`dubber models list` shows them, `dubber models pull whisper-base` fetches one; --stt openai asks a service instead, --subs gives the text.",
    });
  }

  return {
    listener: (name, choice) =>
      once(`listener ${name} ${choice.model}`, () => openListener(name, choice)),
    async denoiser() {
      const { paths } = (await installed({ kind: "denoiser" })) ?? {};
      const model = paths?.model;
      if (model !== undefined) return await once("denoiser", () => openDenoiser({ model }));
      throw new DubberError("model_missing", "No denoiser is installed on this machine.", {
        hint: "`dubber models pull gtcrn` fetches one; leave out --denoise to listen without.",
      });
    },
    async diarizer() {
      const [segmentation, embedding] = await Promise.all([
        installed({ kind: "speaker-segmentation" }),
        installed({ kind: "speaker-embedding" }),
      ]);
      if (segmentation === undefined || embedding === undefined) return undefined;
      const models = { segmentation: fileOf(segmentation), embedding: fileOf(embedding) };
      return await once("diarizer", () => openDiarizer(models));
    },
    async detector() {
      const { paths } = (await installed({ kind: "vad" })) ?? {};
      const model = paths?.model;
      if (model === undefined) return undefined;
      return await once("detector", () => openSileroDetector({ model }));
    },
    asker: (model) =>
      once(`asker ${model}`, async () =>
        scheduleChat(await openOpenaiChat({ env, model }), scheduling),
      ),
    async [Symbol.asyncDispose]() {
      for (const one of opened.values()) await (await one.catch(() => undefined))?.close();
    },
  };
}

function fileOf({ entry, paths }: InstalledModel) {
  return { name: entry.name, path: paths.model ?? "" };
}

function schedule(recognizer: Recognizer, options: SchedulerOptions): Listener {
  const { name, version, features, place, lanes } = recognizer;
  const scheduled = scheduleAsks<RecognitionRequest, RecognitionResult>(
    {
      ...{ name, place, lanes, title: `The recogniser ${name}`, unit: "seconds" },
      ...(recognizer.check && { check: (call) => recognizer.check?.(call) ?? Promise.resolve() }),
      ask: (request, call) => recognizer.recognize(request, call),
      sizeOf: ({ samples }) => samples.length / listeningRate,
      close: () => recognizer.close(),
    },
    options,
  );
  return { ...scheduled, name, version, features, place };
}

function scheduleChat(
  model: ChatModel,
  options: SchedulerOptions,
): Asker & { close(): Promise<void> } {
  const { name, version, place, lanes } = model;
  const scheduled = scheduleAsks<ChatRequest, ChatReply>(
    {
      ...{ name, place, lanes, title: `The language model ${name}` },
      ...(model.check && { check: (call) => model.check?.(call) ?? Promise.resolve() }),
      ask: (request, call) => model.ask(request, call),
      sizeOf: ({ user }) => user.length,
      bytesOf: ({ text }) => text.length,
      close: () => model.close(),
    },
    options,
  );
  return {
    ...{ version, lanes: scheduled.lanes },
    ask: (request, call) => scheduled.ask(request, call),
    close: () => scheduled.close(),
  };
}
