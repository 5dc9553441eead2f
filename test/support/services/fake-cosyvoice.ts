/**
 * A server that speaks like the one CosyVoice comes with: forms in, bare samples out, and no error once it has begun to answer.
 */
import {
  type Answer,
  type Dialect,
  type FakeRequest,
  type FakeService,
  type FakeServiceOptions,
  startFakeService,
  type Utterance,
} from "./fake-service.ts";
import type { FormFile } from "./request-fields.ts";

export type FakeCosyvoiceOptions = FakeServiceOptions & {
  /** Of the model it serves; default 2. */
  readonly version?: 1 | 2 | 3;
  /** Every call with a prompt recording fails, as in some releases («Invalid file: tensor»). */
  readonly zeroShotBroken?: boolean;
  /** How a failure looks, which always comes after the head: a body that ends at once (default) or a broken connection. */
  readonly failsBy?: "empty" | "cut";
};

const speakers = "中文女 中文男 日语男 粤语女 英文女 英文男 韩语女".split(" ");
const endOfPrompt = "<|endofprompt|>";
const promptHead = `You are a helpful assistant.${endOfPrompt}`;
const defaultSecondsPerCharacter = 1 / 15;

/** The fields each path wants; `prompt_wav` is a file. */
const endpoints: Readonly<Record<string, readonly string[]>> = {
  "/inference_sft": ["tts_text", "spk_id"],
  "/inference_zero_shot": ["tts_text", "prompt_text", "prompt_wav"],
  "/inference_cross_lingual": ["tts_text", "prompt_wav"],
  "/inference_instruct": ["tts_text", "spk_id", "instruct_text"],
  "/inference_instruct2": ["tts_text", "instruct_text", "prompt_wav"],
};

/** Starts it; it asks for no key. */
export function startFakeCosyvoice(options: FakeCosyvoiceOptions = {}): Promise<FakeService> {
  const {
    version = 2,
    failsBy = "empty",
    secondsPerCharacter = defaultSecondsPerCharacter,
  } = options;
  const dialect: Dialect = {
    headers: () => ({ server: "uvicorn" }),
    refuseKey: () => undefined,
    lookUp(method, path) {
      if (!(path in endpoints)) return { status: 404, body: { detail: "Not Found" } };
      return method === "POST"
        ? undefined
        : { status: 405, body: { detail: "Method Not Allowed" } };
    },
    read: (_path, body) => ({
      text: `${body.tts_text ?? ""}`,
      voice: `${body.spk_id ?? ""}`,
      model: `cosyvoice${version}`,
    }),
    judge(request) {
      const refused = missingFields(request);
      if (refused !== undefined) return refused;
      const canSpeak = knowsHow(request, options, version);
      return {
        ...speech(request, version, secondsPerCharacter),
        ...(!canSpeak && { failsAfterHead: failsBy }),
      };
    },
    fail(status, _code, message = status >= 500 ? "Internal Server Error" : "Bad Request") {
      return { status, body: { detail: message } };
    },
  };
  return startFakeService(dialect, options);
}

/** FastAPI's answer to a form that is not whole. An empty field counts as missing there. */
function missingFields({ path, body }: FakeRequest): Answer | undefined {
  const wanted = endpoints[path] ?? [];
  const isThere = (name: string): boolean =>
    name === "prompt_wav"
      ? isFile(body[name])
      : typeof body[name] === "string" && body[name] !== "";
  const missing = wanted.filter((name) => !isThere(name));
  if (missing.length === 0) return undefined;
  const detail = missing.map((name) => ({
    type: "missing",
    loc: ["body", name],
    msg: "Field required",
    input: null,
  }));
  return { status: 422, body: { detail } };
}

/** What the model would fail at, when the head of the answer is gone already. */
function knowsHow(
  { path, voice, body }: FakeRequest,
  { zeroShotBroken = false }: FakeCosyvoiceOptions,
  version: number,
): boolean {
  // Versions 2 and 3 come without speakers of their own and without the first kind of instructions.
  if (path === "/inference_sft") return version === 1 && speakers.includes(voice);
  if (path === "/inference_instruct") return version === 1 && speakers.includes(voice);
  if (path === "/inference_instruct2" && version === 1) return false;
  return !zeroShotBroken && isFile(body.prompt_wav) && isGoodPrompt(body.prompt_wav.bytes);
}

function speech(request: FakeRequest, version: number, secondsPerCharacter: number): Utterance {
  const { path, text, voice, model, body } = request;
  const {
    prompt_text: promptText = "",
    instruct_text: instructText = "",
    prompt_wav: prompt,
  } = body;
  const spoken = text.length + promptSpokenAloud(request, version);
  const file = isFile(prompt) ? prompt.bytes.subarray(0, 4096).toString("latin1") : "";
  return {
    saying: {
      key: JSON.stringify([path, text, voice, model, promptText, instructText, file]),
      seconds: spoken * secondsPerCharacter,
    },
    sampleRate: version === 1 ? 22_050 : 24_000,
    packing: "raw",
  };
}

/** Without its marker a prompt is text like any other: so many characters of it are heard before the line. */
function promptSpokenAloud({ path, body }: FakeRequest, version: number): number {
  const [prompt, instruct] = [`${body.prompt_text ?? ""}`, `${body.instruct_text ?? ""}`];
  if (path === "/inference_instruct2" && !instruct.endsWith(endOfPrompt)) return instruct.length;
  const isUnmarked =
    version === 3 && path === "/inference_zero_shot" && !prompt.startsWith(promptHead);
  return isUnmarked ? prompt.length : 0;
}

function isFile(value: unknown): value is FormFile {
  return typeof value === "object" && value !== null && "bytes" in value;
}

/** At least 16 kHz and at most 30 s; sound that is no WAV is taken as it is, anything else is no sound. */
function isGoodPrompt(bytes: Buffer): boolean {
  const mark = bytes.toString("latin1", 0, 4);
  if (mark !== "RIFF" || bytes.length < 44) return mark === "fLaC" || mark.startsWith("ID3");
  const bytesPerSecond = bytes.readUInt32LE(28);
  return bytes.readUInt32LE(24) >= 16_000 && bytes.length - 44 <= 30.5 * bytesPerSecond;
}
