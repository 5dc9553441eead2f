/** Voices: recordings people upload, and what every engine brings along. */
import { messageSchema } from "../../api/tasks.ts";
import {
  newVoiceSchema,
  pretrainedSchema,
  voiceChangesSchema,
  voiceListQuerySchema,
  voiceListSchema,
  voiceParamsSchema,
  voiceSchema,
  voiceStatsSchema,
} from "../../api/voices.ts";
import { parseLanguage } from "../../core/language.ts";
import { ApiError } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import { formHandlers } from "../http/form-body.ts";
import { sameRequest, withIdempotency } from "../http/idempotency.ts";
import { errorResponses } from "../http/responses.ts";
import type { App } from "../http/typed-app.ts";
import { presentVoice } from "../present/voice.ts";
import { voiceAliases } from "../voices/aliases.ts";
import { deleteVoice } from "../voices/delete-voice.ts";
import { cloningEngine, unknownVoice } from "../voices/find-voice.ts";
import { keepRecording } from "../voices/keep-recording.ts";
import { listPretrained } from "../voices/pretrained.ts";
import { idempotencyHeader, keyed, replay, voiceUrl } from "./keyed-request.ts";

export function voiceRoutes(app: App, context: ServerContext): void {
  const { voices, settings, engines, now } = context;
  const tags = ["Voices"];

  app.post(
    "/voices/",
    {
      ...formHandlers(context, {
        files: { audio_file: settings.maxFileBytes },
        fieldBytes: 16_384,
      }),
      bodyLimit: 65_536,
      schema: {
        ...{ tags, summary: "Keep a recording as a voice", body: newVoiceSchema },
        ...{ consumes: ["multipart/form-data"], headers: idempotencyHeader },
        response: { 201: voiceSchema, ...errorResponses(401, 409, 413, 415, 422, 500, 503, 507) },
      },
    },
    async (request, reply) => {
      const { body, owner } = request;
      return await withIdempotency(context, keyed(context, "voices", request), {
        fresh: async (remember) => {
          const isTaken =
            voiceAliases.has(body.voice_id) || (await voices.get(owner, body.voice_id));
          if (isTaken) throw taken(body.voice_id);
          const { voice, discard } = await keepRecording(context, { ...body, owner });
          const shown = presentVoice(voice, await cloningEngine(engines));
          const added = await voices
            .add(voice, remember && { ...remember, status: 201, body: shown })
            .catch(async (error: unknown) => {
              await discard();
              throw error;
            });
          if (added.is !== "added") await discard();
          if (added.is === "exists") throw taken(body.voice_id);
          if (added.is === "remembered") {
            return replay(reply, sameRequest(added.answer, remember?.requestHash ?? ""));
          }
          reply.code(201).header("location", voiceUrl(voice.id));
          return shown;
        },
        replay: (answer) => replay(reply, answer),
      });
    },
  );

  app.get(
    "/voices/",
    {
      schema: {
        ...{ tags, summary: "Your voices, newest first", querystring: voiceListQuerySchema },
        response: { 200: voiceListSchema, ...errorResponses(401, 422) },
      },
    },
    async (request) => {
      const { page, page_size: size, voice_type: type, language } = request.query;
      const found = await voices.list({
        ...{ owner: request.owner, type, language, offset: (page - 1) * size, limit: size },
      });
      const engine = await cloningEngine(engines);
      const shown = found.voices.map((voice) => presentVoice(voice, engine));
      return { voices: shown, total: found.total, page, per_page: size };
    },
  );

  app.get(
    "/voices/stats/summary",
    {
      schema: {
        ...{ tags, summary: "How many there are" },
        response: { 200: voiceStatsSchema, ...errorResponses(401) },
      },
    },
    async (request) => {
      const totals = await voices.totals(request.owner);
      return {
        ...{ total_voices: totals.total, by_type: totals.byType, by_language: totals.byLanguage },
        total_audio_seconds: totals.seconds,
        pretrained_voices: (await listPretrained(engines)).length,
      };
    },
  );

  app.get(
    "/voices/pretrained/list",
    {
      schema: {
        ...{ tags, summary: "Voices that need no recording" },
        response: { 200: pretrainedSchema, ...errorResponses(401) },
      },
    },
    async () => {
      const pretrained = await listPretrained(engines);
      return { pretrained_voices: pretrained, total: pretrained.length };
    },
  );

  app.get(
    "/voices/:voice_id",
    {
      schema: {
        ...{ tags, summary: "One voice", params: voiceParamsSchema },
        response: { 200: voiceSchema, ...errorResponses(401, 404) },
      },
    },
    async (request) => {
      const { voice_id: id } = request.params;
      const own = await voices.get(request.owner, id);
      if (own !== undefined) return presentVoice(own, await cloningEngine(engines));
      const known = (await listPretrained(engines)).find(({ voice_id }) => voice_id === id);
      if (known === undefined) throw unknownVoice(id);
      return known;
    },
  );

  app.put(
    "/voices/:voice_id",
    {
      schema: {
        ...{ tags, summary: "Change what is said about a voice", params: voiceParamsSchema },
        body: voiceChangesSchema,
        response: { 200: voiceSchema, ...errorResponses(401, 404, 413, 415, 422, 507) },
      },
    },
    async (request) => {
      const { voice_id: id } = request.params;
      const { name, description, language } = request.body;
      const changes = {
        ...(name !== undefined && { name }),
        ...(description !== undefined && { description }),
        ...(language !== undefined && { language: parseLanguage(language) }),
      };
      const changed = await voices.change(request.owner, id, changes, now());
      if (changed === undefined) throw unknownVoice(id);
      return presentVoice(changed, await cloningEngine(engines));
    },
  );

  app.delete(
    "/voices/:voice_id",
    {
      schema: {
        ...{ tags, summary: "Delete a voice and its recording", params: voiceParamsSchema },
        response: { 200: messageSchema, ...errorResponses(401, 404) },
      },
    },
    async (request) => {
      const { voice_id: id } = request.params;
      if (!(await deleteVoice(context, { owner: request.owner, id }))) throw unknownVoice(id);
      return { message: `Voice ${id} deleted successfully` };
    },
  );
}

function taken(id: string): ApiError {
  return new ApiError("voice_already_exists", `There is a voice "${id}" already.`, {
    details: { voice_id: id },
  });
}
