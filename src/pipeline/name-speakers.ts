/** Tells the speakers of a sound apart, and notes what their voices are like, to know them again. */
import { join } from "node:path";
import { openWav } from "../audio/wav-reader.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Segment } from "../core/segment.ts";
import { listeningRate } from "../core/sound.ts";
import { labelSpeakers } from "../recognition/label-speakers.ts";
import { recognizeAgain } from "./known-speakers.ts";
import type { StageInput } from "./stage-input.ts";
import { readVoices, writeVoices } from "./voices-file.ts";

/**
 * Labels every segment with its speaker where the models for it are installed, and notes the speakers' voice prints in `voices.json`.
 *
 * @param soundPath 16 kHz mono WAV.
 * @returns the segments, split where the speaker changes inside one.
 * @throws DubberError `model_missing` when a number of speakers was asked for and no model can tell them apart.
 */
export async function nameSpeakers(
  { work, options, setup }: StageInput,
  segments: readonly Segment[],
  soundPath: string,
  call: Call,
): Promise<{ readonly segments: readonly Segment[]; readonly warnings: readonly string[] }> {
  const { speakers } = options;
  if (speakers === "off" || speakers === 1) return { segments, warnings: [] };
  const diarizer = await setup.text.diarizer();
  if (diarizer === undefined) {
    if (speakers === "auto") return { segments, warnings: [] };
    throw modelsMissing(speakers);
  }
  const { turns, prints } = await diarizer.diarize(soundOf(soundPath), { speakers }, call);
  const labelled = labelSpeakers(segments, turns);
  const heard = [...labelled.names].map(([speaker, label]) => {
    const print = prints[speaker] ?? [];
    return { label, ...(print.length > 0 && { print: [...print] }) };
  });
  const path = join(work.root, "voices.json");
  if (heard.length > 0) await writeVoices(path, recognizeAgain(heard, await readVoices(path)));
  return { segments: labelled.segments, warnings: [] };
}

/** A file of 16 kHz mono sound, ten seconds at a time. */
async function* soundOf(path: string): AsyncIterable<Int16Array> {
  await using wav = await openWav(path);
  for (let at = 0; at < wav.frames; at += 10 * listeningRate) {
    const samples = new Int16Array(Math.min(10 * listeningRate, wav.frames - at));
    await wav.readInt16(at, samples);
    yield samples;
  }
}

function modelsMissing(speakers: number): DubberError {
  return new DubberError(
    "model_missing",
    `No models on this machine can tell ${speakers} speakers apart.`,
    {
      hint: "`dubber models list` shows which can be had: it takes one of each of the two kinds about speakers. --speakers off goes on without.",
    },
  );
}
