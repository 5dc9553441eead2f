/** A service that speaks like ElevenLabs: voices, models and their limits, errors, and how many calls it allows at once. */
import { type OwnVoices, ownVoices } from "./elevenlabs-voices.ts";
import {
  type Answer,
  type Dialect,
  type FakeRequest,
  type FakeService,
  type FakeServiceOptions,
  startFakeService,
  type TextAnswer,
  type Utterance,
} from "./fake-service.ts";
import { readWav } from "./read-wav.ts";
import type { FormFile } from "./request-fields.ts";

export type FakeElevenlabsOptions = FakeServiceOptions & {
  /** What it says it allows at once, whatever it does; default `capacity`, and nothing when there is none. */
  readonly saysAtOnce?: number;
  /** The status of an unknown voice: 404 by default, 400 as it used to be. */
  readonly voiceNotFound?: 400 | 404;
  /** How many voices the account may have made; default 30. */
  readonly mostOwnVoices?: number;
};

const speechPath = /^\/v1\/text-to-speech\/([^/?]+)(?:\?(.*))?$/;
const addPath = "/v1/voices/add";
const voicePath = /^\/v1\/voices\/([^/?]+)$/;
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
  const voices = ownVoices(options.mostOwnVoices);
  const dialect: Dialect = {
    headers: ({ inFlight, capacity = options.saysAtOnce }) => ({
      "request-id": "0123456789abcdef",
      "current-concurrent-requests": `${inFlight}`,
      ...(capacity !== undefined && {
        "maximum-concurrent-requests": `${options.saysAtOnce ?? capacity}`,
      }),
    }),
    refuseKey,
    lookUp: (method, path) => lookUp(method, path, voices),
    read: (path, body) => ({
      text: `${body.text ?? ""}`,
      voice: decodeURIComponent((speechPath.exec(path) ?? voicePath.exec(path))?.[1] ?? ""),
      model: `${body.model_id ?? "eleven_multilingual_v2"}`,
    }),
    judge(request) {
      if (request.path === addPath) return addVoice(request, voices);
      if (voicePath.test(request.path)) return removeVoice(request, { voices, voiceNotFound });
      return (
        refusal(request, { voices, voiceNotFound }) ??
        speech(request, { voices, secondsPerCharacter })
      );
    },
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

function lookUp(method: string, path: string, voices: OwnVoices): Answer | undefined {
  if (method === "GET" && path.split("?")[0] === "/v1/voices") {
    return { status: 200, body: { voices: voices.list() } };
  }
  if (method === "POST" && (path === addPath || speechPath.test(path))) return undefined;
  if (method === "DELETE" && path !== addPath && voicePath.test(path)) return undefined;
  return { status: 404, body: { detail: "Not Found" } };
}

function addVoice({ body }: FakeRequest, voices: OwnVoices): Answer | TextAnswer {
  const { name, files } = body;
  const missing = [
    ...(typeof name === "string" && name !== "" ? [] : ["name"]),
    ...(isFile(files) ? [] : ["files"]),
  ];
  if (missing.length > 0 || !isFile(files)) {
    const problem = (field: string) => ({ type: "missing", loc: ["body", field], msg: required });
    return invalid(...missing.map(problem));
  }
  if (readWav(files.bytes) === undefined) return fail(400, "invalid_content");
  if (voices.isFull) return fail(400, "voice_limit_reached");
  return answered(() => ({
    voice_id: voices.add(`${name}`, files.bytes),
    requires_verification: false,
  }));
}

function removeVoice({ voice }: FakeRequest, { voices, voiceNotFound }: Known) {
  if (!voices.has(voice)) return noVoice(voice, voiceNotFound);
  return answered(() => {
    voices.remove(voice);
    return { status: "ok" };
  });
}

/** What is done for it is done when it is sent, and is done too when nobody hears the end of it. */
function answered(work: () => object): TextAnswer {
  return {
    get text() {
      return JSON.stringify(work());
    },
    contentType: "application/json",
  };
}

function isFile(value: unknown): value is FormFile {
  return typeof value === "object" && value !== null && "bytes" in value;
}

function noVoice(voice: string, status: number): Answer {
  return fail(status, "voice_not_found", `A voice with the voice_id ${voice} was not found.`);
}

/** The account's voices, and the status of one that is not among them. */
type Known = { readonly voices: OwnVoices; readonly voiceNotFound: number };

function refusal(request: FakeRequest, { voices, voiceNotFound }: Known): Answer | undefined {
  const { body, text, voice, model: name } = request;
  if (typeof body.text !== "string") {
    return invalid({ type: "missing", loc: ["body", "text"], msg: required });
  }
  if (formatOf(request) === undefined) {
    const msg = "Input should be 'mp3_44100_128', 'pcm_24000', 'wav_24000' or another known format";
    return invalid({ type: "enum", loc: ["query", "output_format"], msg });
  }
  if (!voices.has(voice)) return noVoice(voice, voiceNotFound);
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

function speech(
  request: FakeRequest,
  { voices, secondsPerCharacter }: { voices: OwnVoices; secondsPerCharacter: number },
): Utterance {
  const { text, voice, model, body } = request;
  const { speed = 1, ...settings } = (body.voice_settings ?? {}) as Record<string, unknown>;
  const { language_code, seed, previous_text, next_text } = body;
  const context = [language_code, seed, previous_text, next_text];
  const { packing = "wav", sampleRate = 24_000 } = formatOf(request) ?? {};
  return {
    saying: {
      key: JSON.stringify([text, voices.soundOf(voice), model, speed, settings, context]),
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
  can_not_use_instant_voice_cloning:
    "Your subscription has no access to use instant voice cloning, please upgrade.",
  voice_limit_reached: "You have reached your maximum amount of custom voices.",
  invalid_content: "The uploaded file is no audio that can be read.",
  unreadable_body: "There was an error parsing the body",
};

const required = "Field required";

function invalid(...problems: { type: string; loc: readonly string[]; msg: string }[]): Answer {
  return { status: 422, body: { detail: problems.map((one) => ({ ...one, input: null })) } };
}
