/** A recording somebody gives as a voice: read and checked before any server sees it. */
import { readFile, stat } from "node:fs/promises";
import { DubberError, describeFileError } from "../core/error.ts";
import { checkPlausible } from "./service-speech/plausible-sound.ts";
import { isWav, readWavAnswer } from "./service-speech/wav-answer.ts";

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
  if (!isWav(bytes)) throw bad(path, "is no WAV file");
  const sound = soundOf(bytes, path);
  const { audio, sampleRate } = sound;
  const seconds = audio.length / sampleRate;
  if (seconds < shortest || seconds > longest) throw bad(path, `lasts ${seconds.toFixed(1)} s`);
  if (sampleRate < leastRate) throw bad(path, `has ${sampleRate} Hz`);
  try {
    checkPlausible(sound, "");
  } catch (error) {
    throw bad(path, "is silent for too long", error);
  }
  return bytes;
}

async function readSmallFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw bad(path, `has ${size} bytes`);
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw describeFileError(error, path);
  }
}

function soundOf(bytes: Uint8Array<ArrayBuffer>, path: string) {
  try {
    return readWavAnswer(bytes);
  } catch (error) {
    throw bad(path, "is damaged, or stored in a way Dubber does not read", error);
  }
}

function bad(path: string, reason: string, cause?: unknown): DubberError {
  return new DubberError("invalid_media", `The recording ${path} ${reason}.`, {
    hint: `A voice needs a WAV file of ${shortest} to ${longest} s with at least ${leastRate / 1000} kHz and one person speaking.`,
    cause,
  });
}
