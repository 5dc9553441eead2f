/** Ordering speech: the four kinds, each to be asked for later or waited for on the line. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import {
  type SpeechKind,
  type SpeechResultBody,
  speechKinds,
  speechResultSchema,
  submittedSchema,
  synthesisSchemas,
} from "../../api/synthesis.ts";
import type { UploadedFile } from "../../api/values.ts";
import { invalidField } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import { goneSignal } from "../http/client-gone.ts";
import { formHandlers } from "../http/form-body.ts";
import { withIdempotency } from "../http/idempotency.ts";
import { errorResponses } from "../http/responses.ts";
import type { App } from "../http/typed-app.ts";
import { makeSpeechTask, type SpeechOrder } from "../orders/order-speech.ts";
import { speakNow } from "../orders/speak-now.ts";
import { streamSpeech } from "../orders/stream-speech.ts";
import { acceptTask } from "./accept-task.ts";
import { idempotencyHeader, keyed, replay } from "./keyed-request.ts";

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
      // A UTF-16 code unit takes six bytes in JSON, and nine in a form that is no multipart.
      bodyLimit: 9 * maxTextLength + 65_536,
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
      (request, reply) =>
        acceptTask(context, `async ${kind}`, { request, reply }, (callbackUrl) =>
          makeSpeechTask(context, toOrder(request, { kind, origin: "async", callbackUrl })),
        ),
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

type Request = FastifyRequest & { readonly body: Body };

async function speak(
  context: ServerContext,
  kind: SpeechKind,
  request: Request,
  reply: FastifyReply,
): Promise<SpeechResultBody> {
  const signal = goneSignal(reply);
  if (request.body.callback_url !== undefined) {
    const message = "it is told of tasks only: order below /async to have it told";
    throw invalidField("callback_url", message, { said: `callback_url: ${message}.` });
  }
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
