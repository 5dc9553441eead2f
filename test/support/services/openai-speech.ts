/** `/v1/audio/speech` of the fake OpenAI: its checks, and what is said. WAV and PCM only. */
import type { Answer, FakeRequest, Utterance } from "./fake-service.ts";
import { refuse, refuseMissing, refuseModel, refuseUnknown } from "./openai-errors.ts";

export const speechModels = ["gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15", "tts-1", "tts-1-hd"];

const fields = ["model", "input", "voice", "instructions", "response_format", "speed"];
const oldVoices = "nova shimmer echo onyx fable alloy ash sage coral".split(" ");
const voices = [...oldVoices, ..."ballad verse marin cedar".split(" ")];
const maxCharacters = 4096;
const sampleRate = 24_000;

/** The sound of a good call, or the refusal of a bad one. */
export function answerSpeech(
  request: FakeRequest,
  secondsPerCharacter: number,
): Answer | Utterance {
  return refusal(request) ?? speech(request, secondsPerCharacter);
}

/** In the order in which the real one looks. */
function refusal({ body, text, voice, model }: FakeRequest): Answer | undefined {
  const unknown = refuseUnknown(body, fields);
  if (unknown !== undefined) return unknown;
  const missing = ["model", "input", "voice"].find((name) => typeof body[name] !== "string");
  if (missing !== undefined) return refuseMissing(missing);
  return (
    refuseModel(model, speechModels) ??
    refuseVoice(voice, model) ??
    refuseText(text) ??
    refuseFormat(body)
  );
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
    sampleRate,
    packing: format === "wav" ? "streamed-wav" : "raw",
    contentType: format === "wav" ? "audio/wav" : "audio/pcm",
  };
}
