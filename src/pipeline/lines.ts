/** From the reviewed subtitles to the lines that will be spoken, each with its voice. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Line, Segment } from "../core/segment.ts";
import { chooseVoice } from "../synthesis/choose-voice.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";
import { groupSegments } from "../timeline/group.ts";
import { buildLines } from "../timeline/lines.ts";
import type { CheckedOptions } from "./options.ts";

/**
 * Groups segments into lines as the options ask.
 *
 * @throws DubberError `text_missing` when no line holds a word.
 */
export function makeLines(segments: readonly Segment[], options: CheckedOptions): readonly Line[] {
  const groups = groupSegments(segments, {
    mode: options.alignMode,
    joinGap: options.sentenceJoinGap,
    sentencesPerChunk: options.sentencesPerChunk,
  });
  const lines = buildLines(segments, groups);
  if (lines.length > 0) return lines;
  throw new DubberError("text_missing", "The subtitles hold no text that can be spoken.", {
    hint: "Check subs.srt in the work directory.",
  });
}

/**
 * Subtitles in SRT have no speakers: each reviewed segment takes over the speaker of the segment it was made from, found by id
 * (the text is unchanged) or by the longest overlap in time.
 */
export function restoreSpeakers(
  reviewed: readonly Segment[],
  prepared: readonly Segment[],
): readonly Segment[] {
  if (!prepared.some(({ speaker }) => speaker !== undefined)) return reviewed;
  const byId = new Map(prepared.map((segment) => [segment.id, segment]));
  return reviewed.map((segment) => {
    const origin = byId.get(segment.id) ?? longestOverlap(segment, prepared);
    return origin?.speaker === undefined ? segment : { ...segment, speaker: origin.speaker };
  });
}

function longestOverlap(segment: Segment, others: readonly Segment[]): Segment | undefined {
  let best: Segment | undefined;
  let longest = 0;
  for (const other of others) {
    const overlap = Math.min(segment.end, other.end) - Math.max(segment.start, other.start);
    if (overlap > longest) [best, longest] = [other, overlap];
  }
  return best;
}

type VoiceOptions = Pick<CheckedOptions, "voice" | "gender" | "voiceMap">;

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
    if (named !== undefined) {
      casting.set(speaker, named);
      continue;
    }
    casting.set(speaker, await voiceFor(index, language, options, synthesizer, call));
  }
  const strangers = Object.keys(options.voiceMap).filter((name) => !speakers.includes(name));
  const known = speakers.filter((name) => name !== "").join(", ") || "none";
  const warnings = strangers.map(
    (name) => `The text has no speaker "${name}" (speakers: ${known}); that voice is not used.`,
  );
  return { casting, warnings };
}

async function voiceFor(
  index: number,
  language: string | undefined,
  { gender }: VoiceOptions,
  synthesizer: Synthesizer,
  call: Call,
): Promise<string> {
  const voices =
    language === undefined && synthesizer.place === "local" ? [] : await synthesizer.voices(call);
  if (language !== undefined) {
    return chooseVoice(voices, { language, index, ...(gender !== undefined && { gender }) }).id;
  }
  // The voices of services speak every language: there is no choice to make.
  const first = voices[index % voices.length];
  if (first !== undefined) return first.id;
  throw new DubberError("unknown_language", "The language of the text is not known.", {
    hint: "Name it with --to, or choose a voice with --voice.",
  });
}
