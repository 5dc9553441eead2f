/** Real speech and real models for the tests that need them, and sound cut into pieces. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { missingFile, sharedMedia } from "../../../test/support/needs.ts";
import { listeningRate } from "../../core/sound.ts";

const run = promisify(execFile);

export const sileroPath = sharedMedia("models/silero_vad.onnx");
export const gtcrnPath = sharedMedia("models/gtcrn.onnx");
export const jfkPath = sharedMedia("speech/jfk.wav");
/** Why tests are skipped where the media are not there; undefined where they are. */
export const mediaMissing = [sileroPath, gtcrnPath, jfkPath]
  .map(missingFile)
  .find((reason) => reason !== undefined);

/** The phrases of `jfk.wav`, seconds, as its README gives them. */
export const jfkPhrases = [
  { start: 0.3, end: 2.28 },
  { start: 3.28, end: 4.42 },
  { start: 5.39, end: 7.69 },
  { start: 8.18, end: 10.57 },
];

/** The sound of a file, or what one of ffmpeg's sources makes, as recognisers take it. */
export async function readSound(...input: readonly string[]): Promise<Int16Array> {
  const output = ["-f", "s16le", "-ac", "1", "-ar", `${listeningRate}`, "-"];
  const { stdout } = await run("ffmpeg", ["-v", "error", ...input, ...output], {
    encoding: "buffer",
    maxBuffer: 2 ** 27,
  });
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

/** A sound as a stream of pieces of these lengths, again and again. */
export async function* inPieces(
  samples: Int16Array,
  ...lengths: readonly number[]
): AsyncGenerator<Int16Array, void, void> {
  for (let at = 0, turn = 0; at < samples.length; turn++) {
    const length = lengths[turn % lengths.length] as number;
    yield samples.subarray(at, at + length);
    at += length;
  }
}

/** One sound after the other. */
export function concat(...sounds: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(sounds.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const sound of sounds) {
    whole.set(sound, at);
    at += sound.length;
  }
  return whole;
}
