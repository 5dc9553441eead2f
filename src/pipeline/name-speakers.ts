/** Tells the speakers of a sound apart, and knows again those of an earlier video. */
import { join } from "node:path";
import { openWav } from "../audio/wav-reader.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Segment } from "../core/segment.ts";
import { listeningRate } from "../core/sound.ts";
import { labelSpeakers } from "../recognition/label-speakers.ts";
import { matchPrint, type VoicePrint } from "../recognition/voice-print.ts";
import type { StageInput } from "./stage-input.ts";
import { type KnownSpeaker, readVoices, withSpeaker, writeVoices } from "./voices-file.ts";

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
  const known = options.voices === undefined ? [] : await readVoices(options.voices);
  const path = join(work.root, "voices.json");
  let kept = await readVoices(path);
  const names = new Map<string, string>();
  for (const [speaker, label] of labelled.names) {
    const print = prints[speaker] ?? [];
    const again = knownAs(known, print);
    const name = again?.name ?? label;
    names.set(label, name);
    const before = again ?? kept.find((one) => one.label === name);
    kept = withSpeaker(kept, {
      ...{ name, voices: {}, ...before, label: name },
      ...(print.length > 0 && { print: [...print] }),
    });
  }
  if (names.size > 0) await writeVoices(path, kept);
  return {
    segments: labelled.segments.map((segment) => {
      const name = segment.speaker === undefined ? undefined : names.get(segment.speaker);
      return name === undefined ? segment : { ...segment, speaker: name };
    }),
    warnings: [],
  };
}

/** The person with this voice, among those of earlier videos. */
function knownAs(known: readonly KnownSpeaker[], print: VoicePrint): KnownSpeaker | undefined {
  const prints = new Map(
    known.flatMap(({ name, print: theirs }) => (theirs ? [[name, theirs] as const] : [])),
  );
  const match = print.length > 0 ? matchPrint(prints, print) : undefined;
  return known.find(({ name }) => name === match?.name);
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
