/** The voices of this server for clients of OpenAI's API. */
import { z } from "zod";
import {
  modelListSchema,
  openaiFormats,
  type SpeechRequestBody,
  speechRequestSchema,
  speechVoicesSchema,
} from "../../api/openai.ts";
import { soundFormats } from "../../media/sound-format.ts";
import { ApiError } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import { goneSignal } from "../http/client-gone.ts";
import { openaiErrorResponses } from "../http/responses.ts";
import { speechEvents } from "../http/speech-events.ts";
import type { App } from "../http/typed-app.ts";
import { makeSpeechTask } from "../orders/order-speech.ts";
import { streamSpeech } from "../orders/stream-speech.ts";
import { voiceAliases } from "../voices/aliases.ts";
import { openaiNames } from "../voices/openai-names.ts";

/** Models that clients of OpenAI name; here the voice decides who speaks. */
const knownModels = ["tts-1", "tts-1-hd", "gpt-4o-mini-tts"] as const;
/** What OpenAI's `pcm` is, Hz. */
const pcmRate = 24_000;

export function openaiRoutes(app: App, context: ServerContext): void {
  const tags = ["OpenAI"];
  const models = [...knownModels, ...context.engines.names];

  app.post(
    "/audio/speech",
    {
      bodyLimit: 65_536,
      schema: {
        ...{ tags, summary: "Speak, streamed as it is spoken", body: speechRequestSchema },
        description:
          "`pcm` is 24 kHz, 16-bit, little-endian, mono. A streamed `wav` says 0xFFFFFFFF for its sizes. With `stream_format: sse` events `speech.audio.delta` carry base64, and `speech.audio.done` ends them.",
        response: {
          200: {
            description: "The sound",
            content: Object.fromEntries(
              [...new Set(openaiFormats.map((format) => soundFormats[format].contentType))].map(
                (type) => [type, { schema: z.any() }],
              ),
            ),
          },
          ...openaiErrorResponses(400, 401, 404, 413, 415, 429, 500, 503, 507),
        },
      },
    },
    async (request, reply) => {
      const { body, owner } = request;
      const signal = goneSignal(reply);
      if (!models.includes(body.model)) {
        throw new ApiError(
          "http_error",
          `There is no model "${body.model.slice(0, 64)}"; /v1/models lists them.`,
          { status: 404 },
        );
      }
      const task = await makeSpeechTask(context, {
        ...{ owner, origin: "stream", text: body.input, format: body.response_format },
        ...{ speed: body.speed, voiceId: await voiceOf(context, body) },
        ...(body.instructions
          ? { kind: "instruct", instructions: body.instructions, ignoresInstructions: true }
          : { kind: "sft" }),
      });
      return await streamSpeech(context, task, reply, {
        signal,
        ...(body.response_format === "pcm" && { outRate: pcmRate }),
        ...(body.stream_format === "sse" && {
          transform: {
            contentType: "text/event-stream",
            apply: (bytes) => speechEvents(bytes, { characters: body.input.length }),
          },
        }),
      });
    },
  );

  app.get(
    "/models",
    {
      schema: {
        ...{ tags, summary: "Models that may be named" },
        response: { 200: modelListSchema, ...openaiErrorResponses(401) },
      },
    },
    async () => ({
      object: "list" as const,
      data: models.map((id) => ({ id, object: "model" as const, created: 0, owned_by: "dubber" })),
    }),
  );

  app.get(
    "/audio/voices",
    {
      schema: {
        ...{ tags, summary: "Voices that may be named" },
        response: { 200: speechVoicesSchema, ...openaiErrorResponses(401) },
      },
    },
    async (request) => {
      const own = await context.voices.list({ owner: request.owner, offset: 0, limit: 1000 });
      const lists = await Promise.all(
        context.engines.names.map(async (engine) => {
          const voices = await context.engines.voices(engine).catch(() => []);
          return voices.map(({ id, name, languages }) => ({
            ...{ id: `${engine}:${id}`, name, languages: [...languages], engine },
          }));
        }),
      );
      const aliases = [...voiceAliases].map(([id, voice]) => ({
        ...{ id, name: voice, languages: [voice.split("+", 1)[0] ?? voice], engine: "embedded" },
      }));
      return {
        voices: [
          ...own.voices.map(({ id, name, language }) => ({
            ...{ id, name, languages: language === undefined ? [] : [language], engine: "own" },
          })),
          ...aliases,
          ...lists.flat(),
        ],
      };
    },
  );
}

/** A name of OpenAI's means one of its voices where that engine is configured, else one that is always there. */
async function voiceOf({ engines }: ServerContext, { voice, model }: SpeechRequestBody) {
  const id = typeof voice === "string" ? voice : voice.id;
  const isOpenais = Object.hasOwn(openaiNames, id) && !engines.names.includes("openai");
  const engine = engines.names.includes(model) ? model : undefined;
  if (engine !== undefined && !id.includes(":")) {
    const isThere = (await engines.voices(engine)).some((one) => one.id === id);
    if (isThere) return `${engine}:${id}`;
  }
  return isOpenais ? (openaiNames[id] as string) : id;
}
