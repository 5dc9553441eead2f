/**
 * The client of the HTTP API, published as `dubber/client`. It needs nothing but the platform's fetch, so that it runs in Node, Deno, Bun
 * and browsers.
 */
import type { SpeechResultBody, Submitted } from "../api/synthesis.ts";
import type { TaskStatusBody } from "../api/tasks.ts";
import type { VoiceBody } from "../api/voices.ts";
import type { Call } from "../core/call.ts";
import { type Downloadable, downloadBytes, downloadFile } from "./download.ts";
import type { DubOrder } from "./dub.ts";
import { type WaitCall, waitForTask, watchTask } from "./follow-task.ts";
import { toForm } from "./form.ts";
import { type CreateCall, Http, type HttpOptions } from "./http.ts";
import type { Camel } from "./names.ts";
import { type SpeechOrder, speechRequest } from "./speech.ts";
import {
  type DubResult,
  fetchResult,
  idOf,
  type ListedTask,
  type SpeechResult,
  type Submission,
  type Task,
  type TaskFilter,
  type TaskListBody,
  type TaskRef,
  type TaskResult,
  taskPath,
} from "./tasks.ts";
import {
  type Health,
  type HealthBody,
  type NewVoice,
  type PretrainedBody,
  type Voice,
  type VoiceChanges,
  type VoiceFilter,
  type VoiceListBody,
  voicePath,
} from "./voices.ts";

export { type ClientErrorCode, DubberApiError } from "./error.ts";
export type { FileInput } from "./form.ts";
export type { HttpOptions as DubberClientOptions } from "./http.ts";
export type {
  CreateCall,
  Downloadable,
  DubOrder,
  DubResult,
  Health,
  ListedTask,
  NewVoice,
  SpeechOrder,
  SpeechResult,
  Submission,
  Task,
  TaskFilter,
  TaskRef,
  TaskResult,
  Voice,
  VoiceChanges,
  VoiceFilter,
  WaitCall,
};

/**
 * Asks one server. Every method throws {@link DubberApiError}, or the reason of its `signal`, and sends a request again whose connection
 * broke or that was answered 429 or 503: at most `retries` times, when the server wants it. Whatever creates something carries an
 * Idempotency-Key, so that it is created once however often it is sent.
 */
export class DubberClient {
  readonly #http: Http;

  constructor(options: HttpOptions = {}) {
    this.#http = new Http(options);
  }

  /**
   * Speaks, and answers when it is spoken; who aborts stops the work. For what takes minutes {@link submit} is better: no connection has to last.
   */
  async speak(order: SpeechOrder, call: CreateCall = {}): Promise<SpeechResult> {
    const request = await speechRequest("/api/v1/synthesize", order);
    return await this.#http.json<SpeechResultBody>(request, call);
  }

  /** The sound as it is being spoken. Reading it throws when it breaks off: what ends well is whole. Who cancels it stops the work. */
  async stream(order: SpeechOrder, call: Call = {}): Promise<ReadableStream<Uint8Array>> {
    const request = await speechRequest("/api/v1/synthesize", { ...order, stream: true });
    return (await this.#http.stream(request, call)).stream();
  }

  /** Orders speech. When this resolves the task is on the server's disk. */
  async submit(order: SpeechOrder, call: CreateCall = {}): Promise<Submission<SpeechResult>> {
    const request = await speechRequest("/api/v1/async/synthesize", order);
    return await this.#http.json<Submitted>(request, call);
  }

  /** Orders a dub. A video given by its path is never in memory as a whole. */
  async dub(order: DubOrder, call: CreateCall = {}): Promise<Submission<DubResult>> {
    const body = await toForm(order, ["video", "subtitles"]);
    return await this.#http.json<Submitted>(
      { method: "POST", path: "/api/v1/async/dub", body },
      call,
    );
  }

  async status(task: TaskRef, call: Call = {}): Promise<Task> {
    return await this.#http.json<TaskStatusBody>({ path: taskPath(idOf(task), "status") }, call);
  }

  /**
   * Waits until the task is completed. A server that goes away for less than two minutes is waited for.
   *
   * @throws DubberApiError `task_failed`, `task_cancelled`; `timeout` when it takes longer than `timeoutMs`.
   */
  async wait(task: TaskRef, call: WaitCall = {}): Promise<Task> {
    return await waitForTask(this.#http, idOf(task), call);
  }

  /** The task as it is, then each change as it happens; the last one is its end, also a bad one. Reconnects by itself. */
  events(task: TaskRef, call: Call = {}): AsyncGenerator<Task, void, undefined> {
    return watchTask(this.#http, idOf(task), call);
  }

  /** What came of it. @throws DubberApiError `task_unfinished` as long as there is nothing; `task_failed`, `task_expired`. */
  async result<Result extends TaskResult>(task: TaskRef<Result>, call: Call = {}): Promise<Result> {
    return await fetchResult(this.#http, task, call);
  }

  /**
   * What a task has made, as bytes, or with `to` into a file of this machine, which is either whole or not there. Speech is compared with its
   * SHA-256.
   *
   * @throws DubberError `disk_full`, `not_writable`.
   */
  async download(what: Downloadable, call: Call & { readonly to: string }): Promise<void>;
  async download(what: Downloadable, call?: Call): Promise<Uint8Array<ArrayBuffer>>;
  async download(what: Downloadable, { to, ...call }: Call & { readonly to?: string } = {}) {
    if (to !== undefined) return await downloadFile(this.#http, what, { ...call, to });
    return await downloadBytes(this.#http, what, call);
  }

  /** Stops a task, whether it waits or is at work. @throws DubberApiError `task_finished`. */
  async cancel(task: TaskRef, call: Call = {}): Promise<void> {
    await this.#http.json({ method: "DELETE", path: taskPath(idOf(task)) }, call);
  }

  /** All tasks, newest first, asked for page by page as they are read. */
  async *tasks(
    filter: TaskFilter = {},
    call: Call = {},
  ): AsyncGenerator<ListedTask, void, undefined> {
    const { status, pageSize: limit } = filter;
    let cursor: string | null | undefined;
    do {
      const request = { path: "/api/v1/async/tasks", query: { status, limit, cursor } };
      const page: Camel<TaskListBody> = await this.#http.json<TaskListBody>(request, call);
      yield* page.tasks;
      cursor = page.nextCursor;
    } while (cursor);
  }

  /** Keeps a recording as a voice. @throws DubberApiError `voice_already_exists`. */
  async addVoice(voice: NewVoice, call: CreateCall = {}): Promise<Voice> {
    const body = await toForm(voice, ["audioFile"]);
    return await this.#http.json<VoiceBody>(
      { method: "POST", path: "/api/v1/voices/", body },
      call,
    );
  }

  /** Own voices, newest first, asked for page by page as they are read. */
  async *voices(filter: VoiceFilter = {}, call: Call = {}): AsyncGenerator<Voice, void, undefined> {
    for (let [page, seen, total] = [1, 0, 1]; seen < total; page++) {
      const request = { path: "/api/v1/voices/", query: { ...filter, page } };
      const found = await this.#http.json<VoiceListBody>(request, call);
      yield* found.voices;
      seen += found.voices.length;
      total = found.voices.length === 0 ? 0 : found.total;
    }
  }

  /** An own voice, or one every server has, such as `pretrained_voice_001`. */
  async voice(id: string, call: Call = {}): Promise<Voice> {
    return await this.#http.json<VoiceBody>({ path: voicePath(id) }, call);
  }

  async changeVoice(id: string, changes: VoiceChanges, call: Call = {}): Promise<Voice> {
    const request = { method: "PUT", path: voicePath(id), body: changes } as const;
    return await this.#http.json<VoiceBody>(request, call);
  }

  /** Deletes an own voice and its recording. After a lost answer the second try finds it gone: `voice_not_found`. */
  async deleteVoice(id: string, call: Call = {}): Promise<void> {
    await this.#http.json({ method: "DELETE", path: voicePath(id) }, call);
  }

  /** Voices that need no recording. */
  async pretrainedVoices(call: Call = {}): Promise<readonly Voice[]> {
    const request = { path: "/api/v1/voices/pretrained/list" };
    return (await this.#http.json<PretrainedBody>(request, call)).pretrainedVoices;
  }

  /** Whether the server can speak; one that cannot is no error here. */
  async health(call: Call = {}): Promise<Health> {
    return await this.#http.json<HealthBody>({ path: "/health", accepts: 503 }, call);
  }
}
