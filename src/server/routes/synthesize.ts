/** Ordering speech: the four kinds, each to be asked for later or waited for on the line. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import {
  type SpeechKind,
  type SpeechResultBody,
  type Submitted,
  speechKinds,
  speechResultSchema,
  submittedSchema,
  synthesisSchemas,
} from "../../api/synthesis.ts";
import type { UploadedFile } from "../../api/values.ts";
import type { ServerContext } from "../context.ts";
import { formHandlers } from "../http/form-body.ts";
import { withIdempotency } from "../http/idempotency.ts";
import { errorResponses } from "../http/responses.ts";
import type { App } from "../http/typed-app.ts";
import { makeSpeechTask, type SpeechOrder } from "../speech/order.ts";
import { speakNow } from "../speech/speak-now.ts";
import { streamSpeech } from "../speech/stream-speech.ts";
import { presentSubmission, statusUrl } from "../tasks/present.ts";
import { submitTask } from "../tasks/submit.ts";
import { callbackOf } from "../webhooks/callback-of.ts";
import { goneSignal } from "./tasks.ts";

const summaries: Readonly<Record<SpeechKind, string>> = {
  sft: "Speak with a voice that is there",
  instruct: "Speak, and say how",
  "zero-shot": "Speak like a recording",
  "cross-lingual": "Speak like a recording in another language",
};

/** What the bodies of all kinds have in common, with what some of them add. */
type Body = {
  readonly text: string;
  readonly voice_id?: string | undefined;
  readonly prompt_audio?: UploadedFile | undefined;
  readonly prompt_text?: string | undefined;
  readonly instruct_text?: string | undefined;
  readonly speed: number;
  readonly format: SpeechOrder["format"];
  readonly stream: boolean;
  readonly callback_url?: string | undefined;
};

export function synthesizeRoutes(app: App, context: ServerContext): void {
  const { maxTextLength, maxFileBytes } = context.settings;
  const schemas = synthesisSchemas({ maxTextLength });
  const tags = ["Speech"];
  for (const kind of speechKinds) {
    const isForm = kind === "zero-shot" || kind === "cross-lingual";
    const form = formHandlers(context, {
      files: isForm ? { prompt_audio: maxFileBytes } : {},
      // UTF-8 takes up to three bytes for a UTF-16 code unit.
      fieldBytes: 3 * maxTextLength + 1024,
    });
    const shared = {
      ...(isForm ? form : {}),
      bodyLimit: 8 * maxTextLength + 65_536,
    };
    const common = {
      ...{ tags, summary: summaries[kind], body: schemas[kind] as z.ZodType<Body, Body> },
      ...(isForm && { consumes: ["multipart/form-data", "application/x-www-form-urlencoded"] }),
      headers: idempotencyHeader,
    };
    app.post(
      `/async/synthesize/${kind}`,
      {
        ...shared,
        schema: {
          ...common,
          description: "Answers at once with a task. `stream` has no effect here.",
          response: {
            200: submittedSchema,
            ...errorResponses(401, 404, 409, 413, 415, 422, 429, 503, 507),
          },
        },
      },
      (request, reply) => order(context, kind, request, reply),
    );
    app.post(
      `/synthesize/${kind}`,
      {
        ...shared,
        schema: {
          ...common,
          summary: `${summaries[kind]}, and wait for it`,
          description:
            "Answers when it is spoken; who hangs up stops it. With `stream` the sound itself is the answer, as it is being spoken.",
          response: {
            200: speechResultSchema,
            ...errorResponses(401, 404, 409, 413, 415, 422, 429, 500, 503, 507),
          },
        },
      },
      (request, reply) => speak(context, kind, request, reply),
    );
  }
}

export const idempotencyHeader = z.looseObject({
  "idempotency-key": z
    .string()
    .max(255)
    .optional()
    .meta({ description: "The same key and request give the same answer for a day." }),
});

type Request = FastifyRequest & { readonly body: Body };

async function order(
  context: ServerContext,
  kind: SpeechKind,
  request: Request,
  reply: FastifyReply,
): Promise<Submitted> {
  return await withIdempotency<Submitted>(context, keyed(context, `async ${kind}`, request), {
    fresh: async (remember) => {
      const callbackUrl = callbackOf(context.settings, request.body.callback_url);
      const task = await makeSpeechTask(
        context,
        toOrder(request, { kind, origin: "async", callbackUrl }),
      );
      const answered = await submitTask(context, task, remember).catch(async (error: unknown) => {
        for (const file of task.files) await context.files.remove(file);
        throw error;
      });
      if (answered !== undefined) return replay(reply, answered);
      reply.header("location", statusUrl(task.id));
      return presentSubmission(task.id);
    },
    replay: (answer) => replay(reply, answer),
  });
}

async function speak(
  context: ServerContext,
  kind: SpeechKind,
  request: Request,
  reply: FastifyReply,
): Promise<SpeechResultBody> {
  const signal = goneSignal(reply);
  if (request.body.stream) {
    const task = await makeSpeechTask(context, toOrder(request, { kind, origin: "stream" }));
    // The reply itself: Fastify takes it as sent.
    return (await streamSpeech(context, task, reply, { signal })) as never;
  }
  return await withIdempotency<SpeechResultBody>(context, keyed(context, kind, request), {
    fresh: async (remember) => {
      const task = await makeSpeechTask(context, toOrder(request, { kind, origin: "sync" }));
      const body = await speakNow(context, task, { signal });
      if (remember !== undefined) {
        await context.tasks.remember(
          request.owner,
          { ...remember, status: 200, body },
          context.now(),
        );
      }
      return body;
    },
    replay: (answer) => replay(reply, answer),
  });
}

/** What an answer may name: the place of what it has created. */
type Replayed = { readonly check_status_url?: string; readonly voice_id?: string };

export function voiceUrl(id: string): string {
  return `/api/v1/voices/${id}`;
}

/** An answer given before, once more. */
export function replay<T>(
  reply: FastifyReply,
  { status, body }: { readonly status: number; readonly body: unknown },
): T {
  reply.code(status).header("idempotent-replayed", "true");
  const { check_status_url: statusPath, voice_id: voiceId } = (body ?? {}) as Replayed;
  const location = statusPath ?? (voiceId === undefined ? undefined : voiceUrl(voiceId));
  if (location !== undefined) reply.header("location", location);
  return body as T;
}

export function keyed(context: ServerContext, what: string, request: FastifyRequest) {
  const { owner, headers, body, formHashes } = request;
  // A file's name and place on this disk do not matter, only what is in it.
  const content = Object.fromEntries(
    Object.entries((body ?? {}) as object).map(([name, value]) => [
      name,
      formHashes?.[name] ?? value,
    ]),
  );
  return {
    ...{ owner, header: headers["idempotency-key"], nowMs: context.now() },
    request: [what, content],
  };
}

function toOrder(
  { owner, body }: Request,
  order: Pick<SpeechOrder, "kind" | "origin" | "callbackUrl">,
): SpeechOrder {
  return {
    ...{ owner, ...order, text: body.text, speed: body.speed, format: body.format },
    ...{ voiceId: body.voice_id, promptPath: body.prompt_audio?.path },
    ...{ promptText: body.prompt_text, instructions: body.instruct_text },
  };
}
