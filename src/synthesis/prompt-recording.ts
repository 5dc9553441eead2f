/** A recording somebody gives as a voice: read and checked before any server sees it. */
import { readFile, stat } from "node:fs/promises";
import { DubberError, describeFileError } from "../core/error.ts";
import { checkPlausible } from "./service-speech/plausible-sound.ts";
import { isWav, readWavAnswer, type Sound } from "./service-speech/wav-answer.ts";
import { wavClipParts } from "./wav-clip.ts";

const shortest = 3;
const longest = 30;
const leastRate = 16_000;
/** 30 s of anything a microphone gives, and a good deal more. */
const mostBytes = 64 * 2 ** 20;

/**
 * Reads a WAV file of 3 to 30 s with at least 16 kHz that is not silent.
 *
 * @returns the file as it is.
 * @throws DubberError `not_found`, `unreadable`, `invalid_media`.
 */
export async function readPromptRecording(path: string): Promise<Uint8Array> {
  const bytes = await readSmallFile(path);
  checkSound(bytes, `The recording ${path}`);
  return bytes;
}

/**
 * The same for a recording in memory.
 *
 * @returns its sound as the plainest WAV there is, mono, in pieces: what one server cannot read must not look as if it could read none.
 * @throws DubberError `invalid_media`.
 */
export function plainRecording(wav: Uint8Array): readonly Uint8Array[] {
  const title = "The recording";
  if (wav.length > mostBytes) throw bad(title, `has ${wav.length} bytes`);
  const { audio, sampleRate } = checkSound(withOwnBuffer(wav), title);
  return wavClipParts(audio, sampleRate);
}

/** @param title begins the messages. */
function checkSound(bytes: Uint8Array<ArrayBuffer>, title: string): Sound {
  if (!isWav(bytes)) throw bad(title, "is no WAV file");
  const sound = soundOf(bytes, title);
  const { audio, sampleRate } = sound;
  const seconds = audio.length / sampleRate;
  if (seconds < shortest || seconds > longest) throw bad(title, `lasts ${seconds.toFixed(1)} s`);
  if (sampleRate < leastRate) throw bad(title, `has ${sampleRate} Hz`);
  try {
    checkPlausible(sound, "");
  } catch (error) {
    throw bad(title, "is silent for too long", error);
  }
  return sound;
}

function withOwnBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isOwn = bytes.buffer instanceof ArrayBuffer;
  return isOwn ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

async function readSmallFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw bad(`The recording ${path}`, `has ${size} bytes`);
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw describeFileError(error, path);
  }
}

function soundOf(bytes: Uint8Array<ArrayBuffer>, title: string): Sound {
  try {
    return readWavAnswer(bytes);
  } catch (error) {
    throw bad(title, "is damaged, or stored in a way Dubber does not read", error);
  }
}

function bad(title: string, reason: string, cause?: unknown): DubberError {
  return new DubberError("invalid_media", `${title} ${reason}.`, {
    hint: `A voice needs a WAV file of ${shortest} to ${longest} s with at least ${leastRate / 1000} kHz and one person speaking.`,
    cause,
  });
}
