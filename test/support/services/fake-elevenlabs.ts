/** A service that speaks like ElevenLabs: voices, models and their limits, errors, and how many calls it allows at once. */
import { elevenlabsVoices } from "./elevenlabs-voices.ts";
import {
  type Answer,
  type Dialect,
  type FakeRequest,
  type FakeService,
  type FakeServiceOptions,
  startFakeService,
  type Utterance,
} from "./fake-service.ts";

export type FakeElevenlabsOptions = FakeServiceOptions & {
  /** What it says it allows at once, whatever it does; default `capacity`, and nothing when there is none. */
  readonly saysAtOnce?: number;
  /** The status of an unknown voice: 404 by default, 400 as it used to be. */
  readonly voiceNotFound?: 400 | 404;
};

const speechPath = /^\/v1\/text-to-speech\/([^/?]+)(?:\?(.*))?$/;
const defaultSecondsPerCharacter = 1 / 15;

/** By model: the longest text, whether it takes a language, whether it takes neighbouring texts. */
const models: Readonly<Record<string, { max: number; language: boolean; context: boolean }>> = {
  eleven_multilingual_v2: { max: 10_000, language: false, context: true },
  eleven_flash_v2_5: { max: 40_000, language: true, context: true },
  eleven_turbo_v2_5: { max: 40_000, language: true, context: true },
  eleven_flash_v2: { max: 30_000, language: false, context: true },
  eleven_turbo_v2: { max: 30_000, language: false, context: true },
  eleven_v3: { max: 5_000, language: true, context: false },
  eleven_multilingual_v1: { max: 10_000, language: false, context: true },
  eleven_monolingual_v1: { max: 10_000, language: false, context: true },
};

/** Starts it; the key stands in `xi-api-key`. */
export function startFakeElevenlabs(options: FakeElevenlabsOptions = {}): Promise<FakeService> {
  const { secondsPerCharacter = defaultSecondsPerCharacter, voiceNotFound = 404 } = options;
  const dialect: Dialect = {
    headers: ({ inFlight, capacity = options.saysAtOnce }) => ({
      "request-id": "0123456789abcdef",
      "current-concurrent-requests": `${inFlight}`,
      ...(capacity !== undefined && {
        "maximum-concurrent-requests": `${options.saysAtOnce ?? capacity}`,
      }),
    }),
    refuseKey,
    lookUp,
    read: (path, body) => ({
      text: `${body.text ?? ""}`,
      voice: decodeURIComponent(speechPath.exec(path)?.[1] ?? ""),
      model: `${body.model_id ?? "eleven_multilingual_v2"}`,
    }),
    judge: (request) => refusal(request, voiceNotFound) ?? speech(request, secondsPerCharacter),
    fail,
    tooMany: "too_many_concurrent_requests",
  };
  return startFakeService(dialect, options);
}

function refuseKey(headers: FakeRequest["headers"], key: string): Answer | undefined {
  const given = headers["xi-api-key"];
  if (key === "" || given === key) return undefined;
  return given === undefined ? fail(401, "needs_authorization") : fail(401, "invalid_api_key");
}

function lookUp(method: string, path: string): Answer | undefined {
  if (method === "GET" && path.split("?")[0] === "/v1/voices") {
    return { status: 200, body: { voices: elevenlabsVoices } };
  }
  if (method === "POST" && speechPath.test(path)) return undefined;
  return { status: 404, body: { detail: "Not Found" } };
}

function refusal(request: FakeRequest, voiceNotFound: number): Answer | undefined {
  const { body, text, voice, model: name } = request;
  if (typeof body.text !== "string") {
    return invalid({ type: "missing", loc: ["body", "text"], msg: "Field required" });
  }
  if (formatOf(request) === undefined) {
    const msg = "Input should be 'mp3_44100_128', 'pcm_24000', 'wav_24000' or another known format";
    return invalid({ type: "enum", loc: ["query", "output_format"], msg });
  }
  if (!elevenlabsVoices.some(({ voice_id }) => voice_id === voice)) {
    return fail(
      voiceNotFound,
      "voice_not_found",
      `A voice with the voice_id ${voice} was not found.`,
    );
  }
  const model = models[name];
  if (model === undefined) {
    return fail(400, "model_not_found", `A model with model ID ${name} does not exist.`);
  }
  if (text === "") return fail(400, "input_text_empty", "Input text cannot be empty.");
  if (text.length > model.max) {
    const message = `A maximum request length of ${model.max} characters is allowed, but the text has ${text.length}.`;
    return fail(400, "max_character_limit_exceeded", message);
  }
  if (body.language_code !== undefined && !model.language) {
    const message = `Model '${name}' does not support the language_code '${body.language_code}'.`;
    return fail(400, "unsupported_language", message);
  }
  if ((body.previous_text !== undefined || body.next_text !== undefined) && !model.context) {
    const message = `Providing previous_text or next_text is not yet supported with the '${name}' model.`;
    return fail(400, "unsupported_model", message);
  }
  return refuseSettings(body);
}

function refuseSettings({ seed, voice_settings: settings }: FakeRequest["body"]) {
  if (
    seed !== undefined &&
    !(Number.isInteger(seed) && Number(seed) >= 0 && Number(seed) < 2 ** 32)
  ) {
    const msg = "Input should be a whole number from 0 to 4294967295";
    return invalid({ type: "int_range", loc: ["body", "seed"], msg });
  }
  for (const [name, value] of Object.entries(settings ?? {})) {
    if (typeof value === "boolean") continue;
    const [min, max] = name === "speed" ? [0.7, 1.2] : [0, 1];
    if (typeof value === "number" && value >= min && value <= max) continue;
    const message = `Invalid setting for ${name} received, expected to be greater or equal to ${min} and less or equal to ${max}, received ${value}`;
    return fail(400, "invalid_voice_settings", message);
  }
  return undefined;
}

function speech(request: FakeRequest, secondsPerCharacter: number): Utterance {
  const { text, voice, model, body } = request;
  const { speed = 1, ...settings } = (body.voice_settings ?? {}) as Record<string, unknown>;
  const { language_code, seed, previous_text, next_text } = body;
  const context = [language_code, seed, previous_text, next_text];
  const { packing = "wav", sampleRate = 24_000 } = formatOf(request) ?? {};
  return {
    saying: {
      key: JSON.stringify([text, voice, model, speed, settings, context]),
      seconds: (text.length * secondsPerCharacter) / Number(speed),
    },
    sampleRate,
    packing,
    contentType: packing === "wav" ? "audio/wav" : "audio/pcm",
  };
}

/** Of the real formats only those without compression; without one the real service would answer with MP3. */
function formatOf({ path }: FakeRequest): Pick<Utterance, "packing" | "sampleRate"> | undefined {
  const query = new URLSearchParams(speechPath.exec(path)?.[2]);
  const [, kind, rate] =
    /^(wav|pcm)_(8000|16000|22050|24000|32000|44100|48000)$/.exec(
      query.get("output_format") ?? "",
    ) ?? [];
  if (kind === undefined) return undefined;
  return { packing: kind === "wav" ? "wav" : "raw", sampleRate: Number(rate) };
}

function fail(status: number, code?: string, message?: string): Answer {
  const name = code ?? usualCodes[status] ?? "unknown_error";
  const detail = { status: name, message: message ?? messages[name] ?? "Something failed." };
  return { status, body: { detail } };
}

const usualCodes: Readonly<Record<number, string>> = {
  401: "invalid_api_key",
  403: "missing_permissions",
  404: "voice_not_found",
  429: "system_busy",
  500: "internal_server_error",
  503: "service_unavailable",
};

const messages: Readonly<Record<string, string>> = {
  needs_authorization: "Neither authorization header nor xi-api-key received, please provide one.",
  invalid_api_key: "Invalid API key",
  missing_permissions:
    "The API key you used is missing the permission text_to_speech to execute this operation.",
  quota_exceeded:
    "This request exceeds your quota of 10000. You have 12 credits remaining, while 48 credits are required for this request.",
  too_many_concurrent_requests:
    "Too many concurrent requests. Your current subscription is associated with a maximum of concurrent requests (running in parallel).",
  system_busy: "We are currently experiencing high traffic and cannot process your request.",
  internal_server_error: "An internal error occurred.",
  unreadable_body: "There was an error parsing the body",
};

function invalid(problem: { type: string; loc: readonly string[]; msg: string }): Answer {
  return { status: 422, body: { detail: [{ ...problem, input: null }] } };
}
