/** What may be wrong with an uploaded recording, in people's words: never a path, never what ffmpeg says, never what stands in the file. */
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";

/** What no recording of a voice goes beyond. */
export const limits = {
  /** Hz. */
  lowestRate: 4000,
  highestRate: 384_000,
  channels: 8,
  /** Of all channels, at 16 bits: two minutes of the best stereo there is. */
  decodedBytes: 192 * 1024 * 1024,
} as const;

const formats = "WAV, FLAC, MP3, Ogg, Opus, WebM, M4A, MP4, AAC, AIFF, CAF or AMR";

/** A rate or a number of channels that can only be forged; undefined when both are fine. */
export function verdictOnForm({
  sampleRate,
  channels,
}: {
  readonly sampleRate: number;
  readonly channels: number;
}): DubberError | undefined {
  const { lowestRate, highestRate } = limits;
  if (sampleRate < lowestRate || sampleRate > highestRate) {
    return refuse(
      `The recording says it has a sample rate of ${sampleRate} Hz, which is not between ${lowestRate} and ${highestRate}.`,
      "Export it at 24000 or 48000 Hz.",
    );
  }
  if (channels < 1 || channels > limits.channels) {
    return refuse(
      `The recording has ${channels} channels; ${limits.channels} are the most that are read.`,
      "Export it as mono.",
    );
  }
  return undefined;
}

export function empty(): DubberError {
  return refuse("The recording is empty (0 bytes).", "Its upload did not finish; send it again.");
}

export function notARecording(): DubberError {
  return refuse(
    "The file is no recording that can be read here, or it is cut off or damaged at its beginning.",
    `Send sound as ${formats}.`,
  );
}

export function noSound(): DubberError {
  return refuse("The file holds no sound.", "Send a recording of the voice.");
}

/** @param found what is there, and what the file says is there, where only the end is missing. */
export function damaged(found?: {
  readonly seconds: Seconds;
  readonly claimed: Seconds;
}): DubberError {
  const what =
    found === undefined
      ? "its sound cannot be decoded"
      : `it holds ${say(found.seconds)} of ${say(found.claimed)}`;
  return refuse(
    `The recording is cut off or damaged: ${what}.`,
    "Check that it plays to its end, and export it again, best as WAV or FLAC.",
  );
}

export function tooLong(maxSeconds: Seconds): DubberError {
  return refuse(
    `The recording is longer than ${say(maxSeconds)}.`,
    "Cut it to a passage with clear speech.",
  );
}

export function tooBig(): DubberError {
  return refuse(
    `The recording is more than ${limits.decodedBytes / 1024 / 1024} MB of sound when it is decoded.`,
    "Export it as mono, at 24000 or 48000 Hz.",
  );
}

export function tooShort(seconds: Seconds, minSeconds: Seconds): DubberError {
  return refuse(
    `The recording is ${say(seconds)} long; it has to have ${say(minSeconds)} at least.`,
    "Record a little more.",
  );
}

export function silent(levelDb: number): DubberError {
  return refuse(
    `The recording is silent: nothing in it is louder than ${levelDb} dBFS.`,
    "Check the microphone and its level, and record it again.",
  );
}

export function takesTooLong(seconds: Seconds): DubberError {
  return refuse(
    `The recording could not be decoded within ${say(seconds)}.`,
    "Export it again, best as WAV or FLAC.",
  );
}

function refuse(message: string, hint: string): DubberError {
  return new DubberError("invalid_media", message, { hint });
}

function say(seconds: Seconds): string {
  return `${Number(seconds.toFixed(2))} s`;
}
