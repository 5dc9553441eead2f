/** Answers with the sound itself, while it is being spoken. */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { Call } from "../../core/call.ts";
import { soundFormats } from "../../media/sound-format.ts";
import type { ServerContext } from "../context.ts";
import { speechJobSchema } from "../speech/job.ts";
import { openListener } from "../speech/listener.ts";
import { awaitTask, hasEnded } from "../tasks/await-end.ts";
import type { NewTask } from "../tasks/contract.ts";
import { failureOf } from "./speak-now.ts";
import { submitTask } from "./submit.ts";

export type StreamOptions = Required<Call> & {
  /** Hz; default the engine's own. */
  readonly outRate?: number;
  /** Turns the bytes into something else on their way, such as events. */
  readonly transform?: {
    readonly contentType: string;
    readonly apply: (bytes: Readable) => AsyncIterable<string>;
  };
};

/**
 * Sends the answer's head with the first sound. What fails before that is a refusal like any other; what fails later breaks the
 * connection.
 *
 * @throws ApiError; the signal's reason, once the work has been stopped.
 */
export async function streamSpeech(
  context: ServerContext,
  task: NewTask,
  reply: FastifyReply,
  { signal, outRate, transform }: StreamOptions,
): Promise<FastifyReply> {
  const { tasks, sinks, metrics, now, rates, files } = context;
  const { format, engine } = speechJobSchema.parse(task.request);
  const needsTool = format !== "wav" && format !== "pcm";
  const expectedRate = rates.get(engine);
  const isResampled = outRate !== undefined && outRate !== expectedRate;
  const tools = needsTool || isResampled ? await context.tools() : undefined;
  const listener = openListener(tools, { format, outRate, expectedRate });
  const removeSink = sinks.add(task.id, {
    ...listener,
    async write(samples, sampleRate) {
      if (sampleRate !== undefined) rates.set(engine, sampleRate);
      await listener.write(samples, sampleRate);
    },
  });
  // Nobody is left to be told when even that fails.
  const stop = () => void tasks.cancel(task.id, now()).catch(() => {});
  /** What was sent for this one answer is of no use any more: whoever speaks has read it. */
  const forget = async (): Promise<void> => {
    removeSink();
    for (const file of task.files) await files.remove(file).catch(() => {});
  };
  const over = new AbortController();
  try {
    await submitTask(context, task);
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", stop, { once: true });
    // It may fail before anybody asks for the listener.
    void awaitTask(tasks, task.id, hasEnded, over)
      .then((ended) => ended?.status !== "completed" && listener.fail(failureOf(ended)))
      .catch(() => {})
      .finally(forget);
    const sound = await listener.opened;
    metrics.firstByte.observe((now() - task.createdAt) / 1000);
    sound.once("close", () => over.abort());
    const body = transform === undefined ? sound : Readable.from(transform.apply(sound));
    reply
      .type(transform?.contentType ?? soundFormats[format].contentType)
      .header("cache-control", "no-store")
      .header("x-accel-buffering", "no");
    return await reply.send(body);
  } catch (error) {
    stop();
    over.abort();
    listener.fail(error);
    await forget();
    // Whoever is gone has ended the task, which then failed because it was ended.
    throw signal.aborted ? signal.reason : error;
  }
}
