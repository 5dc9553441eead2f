/** From the reviewed subtitles to the lines that will be spoken, each with its voice. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Line, Segment } from "../core/segment.ts";
import { chooseVoice } from "../synthesis/choose-voice.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";
import { groupSegments } from "../timeline/group.ts";
import { buildLines } from "../timeline/lines.ts";
import type { CheckedOptions } from "./options.ts";

/** Which segments are spoken in one breath, as the options ask: indices into `segments`. */
export function groupLines(
  segments: readonly Segment[],
  { alignMode: mode, sentenceJoinGap: joinGap, sentencesPerChunk }: CheckedOptions,
): readonly (readonly number[])[] {
  return groupSegments(segments, { mode, joinGap, sentencesPerChunk });
}

/**
 * Groups segments into lines as the options ask.
 *
 * @throws DubberError `text_missing` when no line holds a word.
 */
export function makeLines(segments: readonly Segment[], options: CheckedOptions): readonly Line[] {
  const lines = buildLines(segments, groupLines(segments, options));
  if (lines.length > 0) return lines;
  throw new DubberError("text_missing", "The subtitles hold no text that can be spoken.", {
    hint: "Check subs.srt in the work directory.",
  });
}

type VoiceOptions = Pick<CheckedOptions, "voice" | "gender" | "voiceMap"> & {
  /** What is known of speakers from before, by their labels in the text. */
  readonly known?: ReadonlyMap<string, KnownVoice>;
};

/** A speaker's voice, where it was chosen before, and whether it is a woman's or a man's. */
export type KnownVoice = {
  readonly voice?: string | undefined;
  readonly gender?: "female" | "male" | undefined;
};

/** One speaker's voice; lines without a speaker belong to the speaker "". */
export type Casting = ReadonlyMap<string, string>;

/**
 * Gives every speaker a voice: the one named in `voiceMap`, else for the first speaker `voice`, else one of its own that
 * speaks the language.
 *
 * @throws DubberError `unknown_language` when no voice speaks it, or when neither a language nor a voice is known.
 */
export async function castVoices(
  lines: readonly Line[],
  language: string | undefined,
  options: VoiceOptions,
  synthesizer: Synthesizer,
  call: Call = {},
): Promise<{ readonly casting: Casting; readonly warnings: readonly string[] }> {
  const speakers = [...new Set(lines.map(({ speaker }) => speaker ?? ""))];
  const casting = new Map<string, string>();
  for (const [index, speaker] of speakers.entries()) {
    const named = options.voiceMap[speaker] ?? (index === 0 ? options.voice : undefined);
    const voice = named ?? options.known?.get(speaker)?.voice;
    if (voice !== undefined) casting.set(speaker, voice);
  }
  const taken = new Set(casting.values());
  for (const [index, speaker] of speakers.entries()) {
    if (casting.has(speaker)) continue;
    const gender = options.known?.get(speaker)?.gender ?? options.gender;
    const wish = { index, taken, language, ...(gender !== undefined && { gender }) };
    const voice = await voiceFor(wish, synthesizer, call);
    casting.set(speaker, voice);
    taken.add(voice);
  }
  const strangers = Object.keys(options.voiceMap).filter((name) => !speakers.includes(name));
  const known = speakers.filter((name) => name !== "").join(", ") || "none";
  const warnings = strangers.map(
    (name) => `The text has no speaker "${name}" (speakers: ${known}); that voice is not used.`,
  );
  return { casting, warnings };
}

type VoiceWish = {
  readonly index: number;
  /** Voices of other speakers. */
  readonly taken: ReadonlySet<string>;
  readonly language: string | undefined;
  readonly gender?: "female" | "male";
};

async function voiceFor(
  { index, taken, language, gender }: VoiceWish,
  synthesizer: Synthesizer,
  call: Call,
): Promise<string> {
  const isSilent = language === undefined && synthesizer.place === "local";
  const voices = isSilent ? [] : await synthesizer.voices(call);
  const choose = (at: number): string | undefined =>
    language === undefined
      ? // The voices of services speak every language: there is no choice to make.
        voices[at % voices.length]?.id
      : chooseVoice(voices, { language, index: at, ...(gender !== undefined && { gender }) }).id;
  // Where there are more speakers than voices, two share one after all.
  const free = voices.map((_, more) => choose(index + more)).find((id) => id && !taken.has(id));
  const voice = free ?? choose(index);
  if (voice !== undefined) return voice;
  throw new DubberError("unknown_language", "The language of the text is not known.", {
    hint: "Name it with --to, or choose a voice with --voice.",
  });
}
