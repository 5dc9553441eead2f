/** Sound in, segments out: everything between the two, in one stream. */
import type { Call } from "../core/call.ts";
import type { Seconds, Segment, Slot } from "../core/segment.ts";
import type { SoundPiece } from "../core/sound.ts";
import { cleanPhrases } from "./clean-phrases.ts";
import { clockTime } from "./clock-time.ts";
import { cutAtSilences, type SoundPart } from "./cut-sound.ts";
import { withDetectedSpeech } from "./detect-speech.ts";
import { describeDropped } from "./dropped.ts";
import { joinParts } from "./join-parts.ts";
import { isKnownCredit } from "./known-credits.ts";
import { phrasesToSegments } from "./phrases-to-segments.ts";
import { readAhead } from "./read-ahead.ts";
import { type HeardPart, type RecognizeOptions, recognizeParts } from "./recognize-parts.ts";
import type { Recognizer, SpeechDetector } from "./recognizer.ts";
import { mergeSlots } from "./slots.ts";
import { snapOnsets } from "./snap-onsets.ts";

export type TranscribeOptions = RecognizeOptions & {
  /** The whole sound, from its start, in order; read only as fast as it is recognised. */
  readonly pieces: AsyncIterable<SoundPiece>;
  readonly features: Recognizer["features"];
  /** Finds speech; without one the silences that come with the pieces have to do. */
  readonly detector?: SpeechDetector;
};

/** What was said. */
export type Transcript = {
  /** Sorted, disjoint, inside the sound. Empty, with a warning, when nothing was heard. */
  readonly segments: readonly Segment[];
  /** As stated, else as heard: two or three letters. */
  readonly language?: string;
  /** Where somebody may be speaking, sorted, apart from each other. */
  readonly speech: readonly Slot[];
  readonly warnings: readonly string[];
  readonly soundSeconds: Seconds;
  /** Sound sent to the recogniser now, for what it costs; what an earlier run kept is not in it. */
  readonly askedSeconds: Seconds;
};

/**
 * Finds the speech in a sound, cuts it into parts, has them recognised while the rest is still being read, and puts what was heard together. Memory
 * holds the parts in work and two more, whatever the length.
 *
 * Sound without words (silence, music, noise) is no error here: it gives no segments and a warning.
 *
 * @throws what {@link recognizeParts}, the pieces and the detector throw; the signal's reason.
 */
export async function transcribe(
  { pieces, features, detector, ...options }: TranscribeOptions,
  call: Call = {},
): Promise<Transcript> {
  const sound = detector === undefined ? pieces : withDetectedSpeech(pieces, detector, call);
  const parts = cutAtSilences(sound, {
    maxSeconds: features.maxSeconds,
    isDetected: detector !== undefined,
  });
  const {
    parts: heard,
    language,
    warnings,
    askedSeconds,
  } = await recognizeParts(readAhead<SoundPart>(parts), options, call);
  const clean = withoutLoneCredits(
    heard.map((part) => ({ ...part, ...cleanPhrases(part.result, part) })),
  );
  const speech = mergeSlots(heard.flatMap((part) => part.speech));
  const segments = snapOnsets(phrasesToSegments(joinParts(clean)), speech);
  const soundSeconds = heard.at(-1)?.end ?? 0;
  return {
    segments,
    ...(language !== undefined && { language }),
    speech,
    warnings: [
      ...warnings,
      ...describeDropped(clean.flatMap(({ dropped }) => dropped)),
      ...nothingHeard(segments, speech, soundSeconds),
    ],
    soundSeconds,
    askedSeconds,
  };
}

type CleanPart = ReturnType<typeof cleanPhrases> & HeardPart;

/** Music and noise as loud as speech give credits only; a sound with speech in it has other words as well. */
function withoutLoneCredits(parts: readonly CleanPart[]): readonly CleanPart[] {
  const isSpeech = parts.some(({ phrases }) => phrases.some(({ text }) => !isKnownCredit(text)));
  if (isSpeech) return parts;
  return parts.map((part) => ({
    ...part,
    phrases: [],
    dropped: [
      ...part.dropped,
      ...part.phrases.map(({ start, text }) => ({ why: "credit", start, text }) as const),
    ],
  }));
}

function nothingHeard(
  segments: readonly Segment[],
  speech: readonly Slot[],
  seconds: Seconds,
): string[] {
  if (segments.length > 0) return [];
  const why = speech.length === 0 ? "it is silent, or nobody speaks" : "no words were recognised";
  return [`Nothing was heard in ${clockTime(seconds)} of sound: ${why}.`];
}
