/** Finds where in a recording a part of it was cut out. */

const windowSamples = 1600;
/** A window is worth remembering when a sample of it is louder than this. */
const silence = 50;
const base = 0x01000193;
/** The most places remembered for windows that sound the same. */
const mostPlaces = 64;

/** From a part to the sample of the recording at which it begins: negative where the part begins with silence of its own. */
export type PartLocator = (part: Int16Array) => number | undefined;

/**
 * Prepares the search in one recording.
 *
 * Every whole tenth of a second of it (at 16 kHz) that is no silence is remembered by a hash; a part is scanned with the same
 * hash, rolling, until a window is known and all sound of the part agrees, sample for sample. The part may be lengthened with
 * silence at both ends.
 *
 * @returns a function from a part to the sample of the recording at which it begins; undefined for a part that is not of this
 *   recording, or holds no sound.
 */
export function partLocator(recording: Int16Array): PartLocator {
  const places = new Map<number, number[]>();
  for (let at = 0; at + windowSamples <= recording.length; at += windowSamples) {
    if (!hasSound(recording, at, at + windowSamples)) continue;
    const name = hashWindow(recording, at);
    const known = places.get(name);
    if (known === undefined) places.set(name, [at]);
    else if (known.length < mostPlaces) known.push(at);
  }
  return (part) => {
    if (part.length < windowSamples) return undefined;
    let name = hashWindow(part, 0);
    for (let at = 0; ; at++) {
      for (const place of places.get(name) ?? []) {
        if (agrees(part, recording, place - at, at)) return place - at;
      }
      if (at + windowSamples >= part.length) return undefined;
      const [gone = 0, come = 0] = [part[at], part[at + windowSamples]];
      name = (Math.imul(name - Math.imul(gone, highest), base) + come) | 0;
    }
  };
}

/** `base` to the power of a window's length − 1: what its first sample counts. */
const highest = Array.from({ length: windowSamples - 1 }).reduce<number>(
  (power) => Math.imul(power, base),
  1,
);

function hashWindow(samples: Int16Array, from: number): number {
  let value = 0;
  for (let index = from; index < from + windowSamples; index++) {
    value = (Math.imul(value, base) + (samples[index] ?? 0)) | 0;
  }
  return value;
}

/** Whether a part that begins at a sample of the recording has its sound there; the window at `known` is looked at first. */
function agrees(part: Int16Array, recording: Int16Array, start: number, known: number): boolean {
  for (let index = known; index < known + windowSamples; index++) {
    if (part[index] !== recording[start + index]) return false;
  }
  let from = known;
  while (from > 0 && part[from - 1] === recording[start + from - 1]) from--;
  let end = known + windowSamples;
  while (end < part.length && part[end] === recording[start + end]) end++;
  return !hasSound(part, 0, from) && !hasSound(part, end, part.length);
}

/** Whether any sample from one index to another is louder than silence. */
function hasSound(samples: Int16Array, from: number, end: number): boolean {
  for (let index = from; index < end; index++) {
    const sample = samples[index] ?? 0;
    if (sample > silence || sample < -silence) return true;
  }
  return false;
}

/** Whether a sound holds anything louder than silence. */
export function isAudible(samples: Int16Array): boolean {
  return hasSound(samples, 0, samples.length);
}
