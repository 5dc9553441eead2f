/** A service that speaks like OpenAI: speech, transcription, chat and the list of models, with its checks and errors. */
import {
  type Answer,
  type Dialect,
  type FakeService,
  type FakeServiceOptions,
  startFakeService,
} from "./fake-service.ts";
import { type ChatOptions, chatResponder, questionOf } from "./openai-chat.ts";
import { fail, refuse, refuseKey } from "./openai-errors.ts";
import { answerSpeech, speechModels } from "./openai-speech.ts";
import {
  recognitionModels,
  soundName,
  type TranscriptionOptions,
  transcriber,
} from "./openai-transcription.ts";
import { chatModels } from "./refuse-chat.ts";

export type FakeOpenaiOptions = FakeServiceOptions & {
  readonly transcription?: TranscriptionOptions;
  readonly chat?: ChatOptions;
};

const speechPath = "/v1/audio/speech";
const transcriptionPath = "/v1/audio/transcriptions";
const chatPath = "/v1/chat/completions";
const paths = [speechPath, transcriptionPath, chatPath];
const defaultSecondsPerCharacter = 1 / 15;

/** Starts it; calls go to `url` + `/v1`, the key stands behind `Bearer`. */
export function startFakeOpenai(options: FakeOpenaiOptions = {}): Promise<FakeService> {
  const { secondsPerCharacter = defaultSecondsPerCharacter } = options;
  const transcribe = transcriber(options.transcription);
  const respond = chatResponder(options.chat);
  const dialect: Dialect = {
    headers: ({ inFlight }) => ({
      "x-request-id": "req_0123456789abcdef",
      "x-ratelimit-limit-requests": "500",
      "x-ratelimit-remaining-requests": `${Math.max(0, 500 - inFlight)}`,
      "x-ratelimit-reset-requests": "120ms",
    }),
    refuseKey,
    lookUp,
    read: (path, body) => ({
      text: textOf(path, body),
      voice: `${body.voice ?? ""}`,
      model: `${body.model ?? ""}`,
    }),
    judge(request) {
      if (request.path === transcriptionPath) return transcribe(request);
      if (request.path === chatPath) return respond(request);
      return answerSpeech(request, secondsPerCharacter);
    },
    fail,
  };
  return startFakeService(dialect, options);
}

function textOf(path: string, body: Readonly<Record<string, unknown>>): string {
  if (path === transcriptionPath) return soundName(body);
  if (path === chatPath) return questionOf(body).user;
  return `${body.input ?? ""}`;
}

function lookUp(method: string, path: string): Answer | undefined {
  if (method === "GET" && path === "/v1/models") {
    const ids = [...speechModels, ...recognitionModels, ...chatModels];
    const data = ids.map((id) => ({ id, object: "model", created: 1, owned_by: "openai" }));
    return { status: 200, body: { object: "list", data } };
  }
  if (method === "POST" && paths.includes(path)) return undefined;
  return refuse(404, `Invalid URL (${method} ${path})`);
}
