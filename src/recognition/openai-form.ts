/**
 * A part of a sound as the form that `/v1/audio/transcriptions` takes, sent piece by piece as it lies in memory.
 *
 * Not with the client's own `transcriptions.create`: it makes a `File` and a `FormData` of the sound, which Node keeps outside its heap long
 * after they were sent (measured with Node 24: 40 parts of a minute left 150 MB behind, this way 40).
 */
import type OpenAI from "openai";
import { primaryLanguage } from "../core/language.ts";
import { listeningRate } from "../core/sound.ts";
import { wavHeader, wavSamples } from "../core/wav-bytes.ts";
import { encodeForm, type FormFields } from "../service/multipart-form.ts";
import type { ClientOptions } from "../service/openai-client.ts";
import type { RecognitionRequest } from "./recognizer.ts";
import { whisperLanguage } from "./whisper-languages.ts";

const pieceBytes = 65_536;

/** @param times whether the model gives words and phrases with their times. */
export function buildForm(
  { samples, language, prompt }: RecognitionRequest,
  { model, times }: { readonly model: string; readonly times: boolean },
) {
  return {
    file: { wav: [wavHeader(samples.byteLength, listeningRate), wavSamples(samples)] },
    model,
    ...(language !== undefined && {
      language: whisperLanguage(language) ?? primaryLanguage(language),
    }),
    ...(prompt !== undefined && { prompt }),
    ...(times
      ? { response_format: "verbose_json", "timestamp_granularities[]": ["word", "segment"] }
      : { response_format: "json" }),
  } satisfies FormFields;
}

/** Sends the form, its length known beforehand: not every server takes one that comes in chunks. */
export function sendForm(
  client: OpenAI,
  form: ReturnType<typeof buildForm>,
  options: ClientOptions,
): Promise<Response> {
  const { contentType, body } = encodeForm(form);
  const parts = body.map((part) => (typeof part === "string" ? Buffer.from(part) : part));
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return client
    .post("/audio/transcriptions", {
      ...options,
      body: ReadableStream.from(inPieces(parts)),
      headers: { "content-type": contentType, "content-length": `${length}` },
      // Azure's client looks here for the deployment, where the body is no object.
      __metadata: { model: form.model },
    })
    .asResponse();
}

/** Views, no copies. */
function* inPieces(parts: readonly Uint8Array[]): Generator<Uint8Array, void, void> {
  for (const part of parts) {
    for (let at = 0; at < part.byteLength; at += pieceBytes) {
      yield part.subarray(at, at + pieceBytes);
    }
  }
}
