/** A service that speaks like OpenAI's `/v1/audio/speech`: its checks, its errors, its streams. WAV and PCM only. */
import {
  type Answer,
  type Dialect,
  type FakeRequest,
  type FakeService,
  type FakeServiceOptions,
  startFakeService,
  type Utterance,
} from "./fake-service.ts";

const speechPath = "/v1/audio/speech";
const models = ["gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15", "tts-1", "tts-1-hd"];
const fields = ["model", "input", "voice", "instructions", "response_format", "speed"];
const oldVoices = "nova shimmer echo onyx fable alloy ash sage coral".split(" ");
const voices = [...oldVoices, ..."ballad verse marin cedar".split(" ")];
const maxCharacters = 4096;
const defaultRate = 24_000;
const defaultSecondsPerCharacter = 1 / 15;

/** Starts it; calls go to `url` + `/v1`, the key stands behind `Bearer`. */
export function startFakeOpenai(options: FakeServiceOptions = {}): Promise<FakeService> {
  const { secondsPerCharacter = defaultSecondsPerCharacter } = options;
  const dialect: Dialect = {
    headers: ({ inFlight }) => ({
      "x-request-id": "req_0123456789abcdef",
      "x-ratelimit-limit-requests": "500",
      "x-ratelimit-remaining-requests": `${Math.max(0, 500 - inFlight)}`,
      "x-ratelimit-reset-requests": "120ms",
    }),
    refuseKey,
    lookUp,
    read: (_path, body) => ({
      text: `${body.input ?? ""}`,
      voice: `${body.voice ?? ""}`,
      model: `${body.model ?? ""}`,
    }),
    judge: (request) => refusal(request) ?? speech(request, secondsPerCharacter),
    fail,
  };
  return startFakeService(dialect, options);
}

function refuseKey(headers: FakeRequest["headers"], key: string): Answer | undefined {
  const given = /^Bearer (.*)$/.exec(headers.authorization ?? "")?.[1];
  if (key === "" || given === key) return undefined;
  if (!given)
    return refuse(401, "You didn't provide an API key. Give it in an Authorization header.");
  // The real one repeats the key as well, with stars in the middle when it is long.
  const message = `Incorrect API key provided: ${given}. You can find your API key at https://platform.openai.com/account/api-keys.`;
  return refuse(401, message, { code: "invalid_api_key" });
}

function lookUp(method: string, path: string): Answer | undefined {
  if (method === "GET" && path === "/v1/models") {
    const data = models.map((id) => ({ id, object: "model", created: 1, owned_by: "openai" }));
    return { status: 200, body: { object: "list", data } };
  }
  if (method === "POST" && path === speechPath) return undefined;
  return refuse(404, `Invalid URL (${method} ${path})`);
}

/** In the order in which the real one looks. */
function refusal({ body, text, voice, model }: FakeRequest): Answer | undefined {
  const unknown = Object.keys(body).find((name) => !fields.includes(name));
  if (unknown !== undefined) {
    const message = `Unrecognized request argument supplied: ${unknown}`;
    return refuse(400, message, { param: unknown, code: "unknown_parameter" });
  }
  const missing = ["model", "input", "voice"].find((name) => typeof body[name] !== "string");
  if (missing !== undefined) {
    const message = `Missing required parameter: '${missing}'.`;
    return refuse(400, message, { param: missing, code: "missing_required_parameter" });
  }
  if (!models.includes(model)) {
    const message = `The model \`${model}\` does not exist or you do not have access to it.`;
    return refuse(404, message, { code: "model_not_found" });
  }
  return refuseVoice(voice, model) ?? refuseText(text) ?? refuseFormat(body);
}

function refuseVoice(voice: string, model: string): Answer | undefined {
  const isOld = model.startsWith("tts-1");
  const known = isOld ? oldVoices : voices;
  if (known.includes(voice)) return undefined;
  const names = known.map((name) => `'${name}'`).join(", ");
  // The two older models answer in another way: what is wrong stands in the message only.
  if (isOld) {
    return refuse(
      400,
      `[{'type': 'enum', 'loc': ('body', 'voice'), 'msg': "Input should be ${names}", 'input': '${voice}'}]`,
    );
  }
  const message = `Invalid value: '${voice}'. Supported values are: ${names}.`;
  return refuse(400, message, { param: "voice", code: "invalid_value" });
}

function refuseText(text: string): Answer | undefined {
  const { length } = [...text];
  if (text.trim() === "") {
    const message = "Invalid 'input': string too short. Expected a string with minimum length 1.";
    return refuse(400, message, { param: "input", code: "string_below_min_length" });
  }
  if (length <= maxCharacters) return undefined;
  const message = `Invalid 'input': string too long. Expected a string with maximum length ${maxCharacters}, but got a string with length ${length} instead.`;
  return refuse(400, message, { param: "input", code: "string_above_max_length" });
}

function refuseFormat({ response_format: format = "mp3", speed = 1 }: FakeRequest["body"]) {
  if (format !== "wav" && format !== "pcm") {
    const message = `Invalid value: '${format}'. This fake knows 'wav' and 'pcm'.`;
    return refuse(400, message, { param: "response_format", code: "invalid_value" });
  }
  if (typeof speed === "number" && speed >= 0.25 && speed <= 4) return undefined;
  const message = `Invalid 'speed': expected a number from 0.25 to 4, but got ${speed} instead.`;
  return refuse(400, message, { param: "speed", code: "decimal_out_of_range" });
}

function speech({ text, voice, model, body }: FakeRequest, secondsPerCharacter: number): Utterance {
  const { speed = 1, instructions = "", response_format: format } = body;
  const heard = model.startsWith("tts-1") ? "" : instructions;
  return {
    saying: {
      key: JSON.stringify([text, voice, model, speed, heard]),
      seconds: (text.length * secondsPerCharacter) / Number(speed),
    },
    sampleRate: defaultRate,
    packing: format === "wav" ? "streamed-wav" : "raw",
    contentType: format === "wav" ? "audio/wav" : "audio/pcm",
  };
}

function fail(status: number, code?: string, message?: string): Answer {
  const usual = usualFailures[status];
  const named = code ?? usual?.code;
  const type = named === "insufficient_quota" ? named : usual?.type;
  return refuse(status, message ?? messages[named ?? ""] ?? usual?.message ?? "Something failed.", {
    ...(named !== undefined && { code: named }),
    ...(type !== undefined && { type }),
  });
}

const messages: Readonly<Record<string, string>> = {
  unreadable_body:
    "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload.",
  insufficient_quota:
    "You exceeded your current quota, please check your plan and billing details.",
};

const usualFailures: Readonly<
  Record<number, { readonly message: string; readonly type?: string; readonly code?: string }>
> = {
  401: { message: "Incorrect API key provided.", code: "invalid_api_key" },
  403: { message: "Country, region, or territory not supported", type: "request_forbidden" },
  404: { message: "The model does not exist.", code: "model_not_found" },
  429: {
    message: "Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1.",
    type: "requests",
    code: "rate_limit_exceeded",
  },
  500: {
    message: "The server had an error while processing your request. Sorry about that!",
    type: "server_error",
  },
  503: { message: "The engine is currently overloaded.", type: "server_error" },
};

function refuse(
  status: number,
  message: string,
  {
    type = "invalid_request_error",
    param = null,
    code = null,
  }: { type?: string; param?: string | null; code?: string | null } = {},
): Answer {
  return { status, body: { error: { message, type, param, code } } };
}
