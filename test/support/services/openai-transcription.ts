/** `/v1/audio/transcriptions` of the fake OpenAI: its checks, and what was heard in the form asked for. */

import type { Answer, FakeRequest, TextAnswer } from "./fake-service.ts";
import { hash } from "./fake-speech.ts";
import { type HearingOptions, makeHearing } from "./hearing.ts";
import { type HearingOddity, hearOddly, type JudgedPhrase } from "./odd-hearing.ts";
import { refuse, refuseMissing, refuseModel, refuseUnknown } from "./openai-errors.ts";
import { readWav, type WavSound } from "./read-wav.ts";
import type { FormFile } from "./request-fields.ts";
import type { SpokenPhrase } from "./spoken-phrases.ts";
import {
  type Heard,
  languageName,
  plainText,
  subtitles,
  verboseJson,
} from "./transcription-formats.ts";

export type TranscriptionOptions = HearingOptions & {
  /** What is spoken, ISO 639-1; default `en`. A call that names a language is believed. */
  readonly language?: string;
  /** How many times faster than the sound plays it is recognised; by default it takes no time. */
  readonly realtimeFactor?: number;
  /** What goes wrong with the answer to a call, or to all. */
  readonly oddity?: HearingOddity | ((request: FakeRequest) => HearingOddity | undefined);
};

const whisper = "whisper-1";
/** They give text without times. */
const textModels = ["gpt-4o-transcribe", "gpt-4o-mini-transcribe"];
export const recognitionModels = [whisper, ...textModels];

const maxFileBytes = 25 * 1024 * 1024;
const minSeconds = 0.1;
const formats = ["json", "text", "srt", "verbose_json", "vtt"];
const granularities = ["word", "segment"];
const fields = ["file", "model", "language", "prompt", "response_format", "temperature"].concat(
  ...["timestamp_granularities", "include", "stream", "chunking_strategy"],
);
const fileKinds = "flac m4a mp3 mp4 mpeg mpga oga ogg wav webm".split(" ");

/** A name for the sound of a call: the same bytes have the same name. */
export function soundName({ file }: FakeRequest["body"]): string {
  if (!isFile(file)) return "no sound";
  const { bytes } = file;
  // Two megabytes a minute: reading every byte of them would cost more than all the rest.
  const few = Array.from(
    { length: 256 },
    (_, index) => bytes[Math.floor((index * bytes.length) / 256)],
  );
  return `sound of ${bytes.length} bytes, ${hash(few.join()).toString(16)}`;
}

/** Prepares the endpoint. */
export function transcriber(
  options: TranscriptionOptions = {},
): (request: FakeRequest) => Answer | TextAnswer {
  const hearing = makeHearing(options);
  const { realtimeFactor = Infinity, oddity } = options;
  return (request) => {
    const refused = refusal(request);
    if (refused !== undefined) return refused;
    const sound = readWav((request.body.file as FormFile).bytes);
    if (sound === undefined) {
      const kinds = fileKinds.map((kind) => `'${kind}'`).join(", ");
      return refuse(400, `Invalid file format. Supported formats: [${kinds}]`);
    }
    const seconds = sound.samples.length / sound.sampleRate;
    if (seconds < minSeconds) {
      const message = `Audio file is too short. Minimum audio length is ${minSeconds} seconds.`;
      return refuse(400, message, { param: "file", code: "audio_too_short" });
    }
    const phrases = hearing(sound);
    if (phrases === undefined) return strangeSound(sound);
    const odd = typeof oddity === "function" ? oddity(request) : oddity;
    const said = `${request.body.language ?? options.language ?? "en"}`;
    const heard: Heard = {
      phrases: hearOddly(phrases.map(judged), odd, seconds),
      seconds,
      language: odd === "wrong-language" ? "cy" : said,
      temperature: Number(request.body.temperature ?? 0),
    };
    return { ...write(heard, request), takesMs: (1000 * seconds) / realtimeFactor };
  };
}

/** In the order in which the real one looks. */
function refusal({ body, model }: FakeRequest): Answer | undefined {
  const unknown = refuseUnknown(body, fields);
  if (unknown !== undefined) return unknown;
  if (isFile(body.file) && body.file.bytes.length > maxFileBytes) {
    const read = body.file.bytes.length;
    const message = `Maximum content size limit (${maxFileBytes}) exceeded (${read} bytes read)`;
    return refuse(413, message, { type: "server_error" });
  }
  if (!isFile(body.file)) return refuseMissing("file");
  if (typeof body.model !== "string" || body.model === "") return refuseMissing("model");
  return (
    refuseModel(model, recognitionModels) ??
    refuseFormat(body, model) ??
    refuseLanguage(body) ??
    refuseTemperature(body)
  );
}

function refuseFormat(body: FakeRequest["body"], model: string): Answer | undefined {
  const { response_format: format = "json", timestamp_granularities: asked } = body;
  const param = "response_format";
  if (!formats.includes(`${format}`)) {
    const known = formats.map((name) => `'${name}'`).join(", ");
    const message = `Invalid value: '${format}'. Supported values are: ${known}.`;
    return refuse(400, message, { param, code: "invalid_value" });
  }
  if (textModels.includes(model) && format !== "json" && format !== "text") {
    const message = `response_format '${format}' is not compatible with model '${model}-api-ev3'. Use 'json' or 'text' instead.`;
    return refuse(400, message, { param, code: "unsupported_value" });
  }
  // Without its brackets the real one does not see it.
  if (!Array.isArray(asked)) return undefined;
  if (format !== "verbose_json") {
    return refuse(
      400,
      "`response_format` must be `verbose_json` if `timestamp_granularities[]` is provided",
      { param },
    );
  }
  const wrong = asked.find((name: unknown) => !granularities.includes(`${name}`));
  if (wrong === undefined) return undefined;
  const message = `Invalid value: '${wrong}'. Supported values are: 'word' and 'segment'.`;
  return refuse(400, message, { param: "timestamp_granularities[]", code: "invalid_value" });
}

function refuseLanguage({ language }: FakeRequest["body"]): Answer | undefined {
  if (language === undefined || language === "" || languageName(`${language}`)) return undefined;
  const message = `Invalid language '${language}'. Language parameter must be specified in ISO-639-1 format.`;
  return refuse(400, message, { param: "language", code: "invalid_language_format" });
}

function refuseTemperature({ temperature = "0" }: FakeRequest["body"]): Answer | undefined {
  const number = Number(temperature);
  if (temperature !== "" && number >= 0 && number <= 1) return undefined;
  const message = `Invalid 'temperature': expected a number from 0 to 1, but got ${temperature} instead.`;
  return refuse(400, message, { param: "temperature", code: "decimal_out_of_range" });
}

/** Not an answer of the real one: a test has asked about a sound that it did not tell the fake. */
function strangeSound({ samples, sampleRate }: WavSound): Answer {
  const message = `This fake knows one recording at 16000 Hz, and these ${samples.length} samples at ${sampleRate} Hz are not of it.`;
  return refuse(400, message, { param: "file", code: "fake_does_not_know_this_sound" });
}

function judged(phrase: Required<SpokenPhrase>): JudgedPhrase {
  return { ...phrase, noSpeech: 0.01, logProbability: -0.21, compression: 1.3 };
}

function write(heard: Heard, { body, model }: FakeRequest): TextAnswer {
  const { response_format: format = "json", timestamp_granularities: asked } = body;
  if (format === "text") return { text: `${plainText(heard)}\n`, contentType: "text/plain" };
  if (format === "srt" || format === "vtt") {
    return { text: subtitles(heard, format), contentType: "text/plain" };
  }
  const answer =
    format === "verbose_json"
      ? verboseJson(heard, Array.isArray(asked) ? asked.map(String) : ["segment"])
      : { text: plainText(heard), usage: usageOf(heard, model) };
  return { text: JSON.stringify(answer), contentType: "application/json" };
}

/** The older model is paid by the second, the newer ones by the token: ten for a second of sound, one for four characters. */
function usageOf(heard: Heard, model: string): object {
  if (model === whisper) return { type: "duration", seconds: Math.ceil(heard.seconds) };
  const [input, output] = [Math.ceil(heard.seconds * 10), Math.ceil(plainText(heard).length / 4)];
  return {
    type: "tokens",
    input_tokens: input,
    input_token_details: { text_tokens: 0, audio_tokens: input },
    output_tokens: output,
    total_tokens: input + output,
  };
}

function isFile(value: unknown): value is FormFile {
  return typeof value === "object" && value !== null && "bytes" in value;
}
