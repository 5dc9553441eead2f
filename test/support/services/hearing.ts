/** What the fake recogniser hears in a part of a sound: the words of a known recording, or phrases found by their loudness. */
import { hash } from "./fake-speech.ts";
import { isAudible, partLocator } from "./locate-part.ts";
import { similarLocator } from "./locate-similar.ts";
import type { WavSound } from "./read-wav.ts";
import { babble, type SpokenPhrase, wordsOf } from "./spoken-phrases.ts";

/** A phrase found by its loudness. */
export type SoundSpan = {
  /** Seconds from the start of the part. */
  readonly start: number;
  readonly end: number;
  /** From 0, in the part. */
  readonly index: number;
  /** The same for the same samples, wherever they stand. */
  readonly fingerprint: number;
};

export type HearingOptions = {
  /** The whole recording, 16 kHz, or nearly: what is heard in a part of it is in `transcript`. */
  readonly recording?: Int16Array;
  readonly transcript?: readonly SpokenPhrase[];
  /** Without a recording: the text of a phrase; default English words that depend on the sound alone. */
  readonly hear?: (span: SoundSpan) => string;
};

/** Phrases of a part, times in seconds from its start; undefined for sound that is not of the recording. */
export type Hearing = (sound: WavSound) => readonly Required<SpokenPhrase>[] | undefined;

const recordingRate = 16_000;
const loud = 300;
const frameSeconds = 0.01;
const pauseSeconds = 0.2;

/** Prepares a hearing. */
export function makeHearing({
  recording,
  transcript = [],
  hear = ({ start, end, fingerprint }) => `${babble(end - start, fingerprint)}.`,
}: HearingOptions = {}): Hearing {
  if (recording === undefined) {
    return (sound) =>
      spansOf(sound).map((span) =>
        withWords({ start: span.start, end: span.end, text: hear(span) }),
      );
  }
  const [locate, locateSimilar] = [partLocator(recording), similarLocator(recording)];
  return ({ samples, sampleRate }) => {
    if (!isAudible(samples)) return [];
    const at =
      sampleRate === recordingRate ? (locate(samples) ?? locateSimilar(samples)) : undefined;
    if (at === undefined) return undefined;
    return phrasesWithin(transcript, at / recordingRate, samples.length / recordingRate);
  };
}

/** The stretch of a transcript that a part holds; a word counts when half of it or more is inside. */
function phrasesWithin(
  transcript: readonly SpokenPhrase[],
  from: number,
  seconds: number,
): readonly Required<SpokenPhrase>[] {
  const inPart = (time: number): number => toMs(Math.min(seconds, Math.max(0, time - from)));
  return transcript.flatMap((phrase) => {
    if (phrase.end <= from || phrase.start >= from + seconds) return [];
    const all = wordsOf(phrase);
    const inside = all.filter(({ start, end }) => {
      const overlap = Math.min(end, from + seconds) - Math.max(start, from);
      return overlap >= (end - start) / 2;
    });
    if (inside.length === 0) return [];
    const words = inside.map(({ text, start, end }) => ({
      text,
      start: inPart(start),
      end: inPart(end),
    }));
    const isWhole = inside.length === all.length;
    const gap = /\s/.test(phrase.text) || all.length === 1 ? " " : "";
    const text = isWhole ? phrase.text : words.map((word) => word.text).join(gap);
    const start = inPart(isWhole ? phrase.start : (inside[0]?.start ?? 0));
    const end = inPart(isWhole ? phrase.end : (inside.at(-1)?.end ?? 0));
    return [{ start, end, text, words }];
  });
}

/** Stretches of sound with at least 0.2 s of silence between them. */
function spansOf({ samples, sampleRate }: WavSound): SoundSpan[] {
  const frame = Math.max(1, Math.round(frameSeconds * sampleRate));
  const bounds: [from: number, end: number][] = [];
  for (let at = 0; at < samples.length; at += frame) {
    const part = samples.subarray(at, at + frame);
    if (!part.some((sample) => sample > loud || sample < -loud)) continue;
    const last = bounds.at(-1);
    if (last !== undefined && at - last[1] < pauseSeconds * sampleRate) last[1] = at + part.length;
    else bounds.push([at, at + part.length]);
  }
  return bounds.map(([from, end], index) => ({
    start: toMs(from / sampleRate),
    end: toMs(end / sampleRate),
    index,
    fingerprint: fingerprintOf(samples.subarray(from, end)),
  }));
}

/** Of up to 4,000 samples from the first loud one on, so that silence before it changes nothing. */
function fingerprintOf(samples: Int16Array): number {
  const first = samples.findIndex((sample) => sample > loud || sample < -loud);
  return hash(samples.subarray(first, first + 4000).join());
}

function withWords(phrase: SpokenPhrase): Required<SpokenPhrase> {
  return { ...phrase, words: wordsOf(phrase) };
}

function toMs(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
