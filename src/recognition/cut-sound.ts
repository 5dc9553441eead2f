/** Cuts a stream of sound into parts a recogniser can take, in its silences. */
import type { Seconds, Slot } from "../core/segment.ts";
import { listeningRate, type SoundPiece } from "../core/sound.ts";
import { clipSlots, lengthOf, mergeSlots, silencesFrom } from "./slots.ts";
import { loudestMomentDb, quietestMoment } from "./sound-level.ts";

/** A part of the sound, on the media's timeline. */
export type SoundPart = {
  /** 0, 1, 2, … */
  readonly index: number;
  readonly start: Seconds;
  /** After the start of the next part only where there was no silence to cut in: the two then share about two seconds. */
  readonly end: Seconds;
  /** 16 kHz mono. */
  readonly samples: Int16Array;
  /** Where somebody may be speaking: everything but silence; sorted, inside the part. */
  readonly speech: readonly Slot[];
  /** False for a part that is silent altogether. */
  readonly hasSpeech: boolean;
};

export type CutOptions = {
  /** Longest part the recogniser takes, seconds. Parts also stay below 25 MB as WAV. */
  readonly maxSeconds?: Seconds;
  /** Seconds. Long enough for the context recognisers live from, short enough that 60 minutes keep five calls evenly busy. */
  readonly shortest?: Seconds;
  readonly wished?: Seconds;
  readonly longest?: Seconds;
  /**
   * The silences come from a speech detector and are believed whatever their level. Otherwise (the default) they are only a level: good enough
   * to cut in, but a recording that is quiet all through would be "silent", so only what is below −50 dBFS counts as no speech.
   */
  readonly isDetected?: boolean;
};

/** What services take at most: 25 MB, here with room for headers. */
const maxBytes = 24_500_000;
/** A shorter silence may lie inside a word. */
const shortestSilence: Seconds = 0.1;
/** RMS of 50 ms. Speech whose loudest moment is below can hardly be heard. */
const inaudibleDb = -50;
/** Recognisers refuse less; nothing is said in it either. */
const shortestSound = listeningRate / 10;

/**
 * Cuts the sound at the longest silence between the shortest and the longest length, at its quietest moment around the
 * middle. Without any silence there it cuts at the quietest moment near the wished length and lets the next part begin two seconds before the
 * part ends, so that each word is whole in one of them; `joinParts` takes the doubled words out again.
 *
 * Holds one part in memory. The parts cover the sound; none is shorter than about a second, unless the sound is.
 *
 * @param pieces follow each other without gap; silences may come up to a second late.
 */
export async function* cutAtSilences(
  pieces: AsyncIterable<SoundPiece>,
  options: CutOptions = {},
): AsyncGenerator<SoundPart, void, void> {
  const lengths = lengthsFor(options);
  const room = new Int16Array(lengths.longest + lengths.rest);
  let filled = 0;
  let silences: Slot[] = [];
  let index = 0;
  let origin: Seconds | undefined;
  /** Of the first sample in `room`, from the first of all. */
  let position = 0;
  const timeOf = (sample: number): Seconds => (origin ?? 0) + (position + sample) / listeningRate;

  function take(end: number, next: number): SoundPart {
    const samples = room.slice(0, end);
    const span = { start: timeOf(0), end: timeOf(end) };
    const quiet = clipSlots(silences, span).filter(
      (slot) => options.isDetected || loudestIn(samples, slot, span.start) < inaudibleDb,
    );
    const speech = samples.length < shortestSound ? [] : silencesFrom(quiet, span);
    room.copyWithin(0, next, filled);
    filled -= next;
    position += next;
    silences = silences.filter((slot) => slot.end > timeOf(0));
    return { index: index++, ...span, samples, speech, hasSpeech: speech.length > 0 };
  }

  function cut(): SoundPart {
    const latest = Math.min(lengths.longest, filled - lengths.rest);
    const window = { start: timeOf(lengths.shortest), end: timeOf(latest) };
    const [longest] = clipSlots(silences, window)
      .filter((slot) => lengthOf([slot]) >= shortestSilence)
      .sort((a, b) => lengthOf([b]) - lengthOf([a]));
    if (longest !== undefined) {
      const quarter = lengthOf([longest]) / 4;
      const sampleAt = (time: Seconds) => Math.round((time - timeOf(0)) * listeningRate);
      const from = sampleAt(longest.start + quarter);
      const at = Math.round(quietestMoment(room, from, sampleAt(longest.end - quarter)));
      return take(at, at);
    }
    const half = lengths.overlap / 2;
    const from = Math.max(lengths.shortest, lengths.wished - lengths.reach);
    const to = Math.max(from, Math.min(latest - half, lengths.wished + lengths.reach));
    const at = quietestMoment(room, from, to);
    return take(at + half, at - half);
  }

  for await (const piece of pieces) {
    origin ??= piece.start;
    silences = mergeSlots([...silences, ...piece.silences]);
    for (let offset = 0; offset < piece.samples.length; ) {
      const taken = Math.min(piece.samples.length - offset, room.length - filled);
      room.set(piece.samples.subarray(offset, offset + taken), filled);
      filled += taken;
      offset += taken;
      if (filled === room.length) yield cut();
    }
  }
  while (filled > lengths.longest) yield cut();
  if (filled > 0) yield take(filled, filled);
}

function loudestIn(samples: Int16Array, slot: Slot, origin: Seconds): number {
  const from = Math.ceil((slot.start - origin) * listeningRate);
  return loudestMomentDb(samples, from, Math.floor((slot.end - origin) * listeningRate));
}

/** All in samples; a recogniser that takes little gets parts in the same proportions. */
function lengthsFor({
  maxSeconds = Infinity,
  shortest = 20,
  wished = 30,
  longest = 50,
}: CutOptions) {
  const most = Math.min(longest, maxSeconds, maxBytes / 2 / listeningRate);
  const scale = Math.min(1, most / longest);
  const samples = (seconds: Seconds) => Math.floor(seconds * listeningRate);
  return {
    shortest: samples(shortest * scale),
    wished: samples(wished * scale),
    longest: samples(most),
    /** Shared by two parts where there is no silence. */
    overlap: 2 * samples(Math.min(1, most / 8)),
    /** How far from the wished length the quietest moment may be. */
    reach: samples(Math.min(10, most / 8)),
    /** What a cut leaves at least. */
    rest: samples(Math.min(1, most / 4)),
  };
}
