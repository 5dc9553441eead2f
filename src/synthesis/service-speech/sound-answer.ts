/** Turns a service's good answer into sound, or says why it is none. */
import { DubberError } from "../../core/error.ts";
import type { ServiceAnswer } from "../../service/connection.ts";
import { checkPlausible } from "./plausible-sound.ts";
import { isWav, readRawAnswer, readWavAnswer, type Sound } from "./wav-answer.ts";

/** The rate of bare samples where nobody names another, Hz. */
const usualRate = 24_000;

/**
 * Reads WAV; bare 16-bit samples when the type says PCM, or when the service is known to send nothing else.
 *
 * @param title the service as the message names it.
 * @param text what was to be spoken, see {@link checkPlausible}.
 * @param bareRate Hz, for a service that sends bare samples without a type.
 * @throws DubberError `engine_failed`: retryable for a page, an empty answer, damaged or implausible sound; not for other formats.
 */
export function readSound(
  { headers, body }: ServiceAnswer,
  { title, text, bareRate }: { title: string; text: string; bareRate?: number },
): Sound {
  if (body.length === 0) throw noSound(`${title} sent an empty answer.`, true);
  const type = headers["content-type"] ?? "";
  const sound = isWav(body) ? readWavAnswer(body) : readBare(body, { title, type, bareRate });
  checkPlausible(sound, text);
  return sound;
}

function readBare(
  body: Uint8Array<ArrayBuffer>,
  { title, type, bareRate }: { title: string; type: string; bareRate: number | undefined },
): Sound {
  const shown = type.split(";")[0]?.trim().slice(0, 60) || "no type";
  if (/\bpcm\b/i.test(type)) {
    const named = /rate=(\d{4,6})\b/.exec(type)?.[1];
    return readRawAnswer(body, named === undefined ? usualRate : Number(named));
  }
  if (isCompressed(body)) {
    throw noSound(`${title} sent compressed sound (${shown}) although WAV was asked for.`, false);
  }
  const isUntyped = type === "" || /octet-stream/i.test(type);
  if (bareRate !== undefined && isUntyped) return readRawAnswer(body, bareRate);
  throw noSound(`${title} sent ${body.length} bytes (${shown}) that are no WAV.`, true);
}

/** MP3 with tags, Ogg, FLAC, Matroska and MP4, by their first bytes. */
function isCompressed(body: Uint8Array): boolean {
  const mark = Buffer.from(body.buffer, body.byteOffset, Math.min(8, body.length));
  const name = mark.toString("latin1");
  return (
    /^(ID3|OggS|fLaC)/.test(name) ||
    mark.toString("hex").startsWith("1a45dfa3") ||
    name.endsWith("ftyp")
  );
}

function noSound(message: string, retryable: boolean): DubberError {
  return new DubberError("engine_failed", message, { retryable });
}
