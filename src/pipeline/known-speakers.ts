/** Who of the known people speaks: matched by the print of the voice, or by name. Pure. */
import { matchPrint } from "../recognition/voice-print.ts";
import { isNamed, type KnownSpeaker } from "./voices-file.ts";

/** A speaker as this video's own file has them, and as the file of several videos does, where they are known there. */
export type Identified = {
  readonly here: KnownSpeaker;
  readonly there: KnownSpeaker | undefined;
};

/**
 * Finds out who the speakers of a video are: first by the names they were given, which a person may have corrected, then by their
 * prints. `Speaker 1` of one video is never taken for `Speaker 1` of another.
 *
 * @param labels what the text calls them.
 * @param own the speakers of this video.
 * @param shared those of several videos.
 * @returns by label. Two labels are one person of `shared` only where both were given that name.
 */
export function identifySpeakers(
  labels: Iterable<string>,
  own: readonly KnownSpeaker[],
  shared: readonly KnownSpeaker[],
): ReadonlyMap<string, Identified> {
  const speakers = [...labels].map(
    (label) => own.find((one) => one.label === label) ?? { label, name: label, voices: {} },
  );
  const found = new Map<string, KnownSpeaker>();
  for (const speaker of speakers) {
    const there = isNamed(speaker) && shared.find(({ name }) => name === speaker.name);
    if (there) found.set(speaker.label, there);
  }
  const strangers = speakers.filter(({ label }) => !found.has(label));
  const free = shared.filter((one) => ![...found.values()].includes(one));
  const heard = pairByPrint(strangers, free);
  return new Map(
    speakers.map((here) => {
      const there = found.get(here.label) ?? heard.get(here.label);
      return [here.label, { here, there }];
    }),
  );
}

/**
 * Finds the speakers of a sound again that was listened to before: by their prints, since their labels may have swapped, and by label
 * where prints cannot be compared.
 *
 * @param heard labels and prints as they are now.
 * @param own what was known of the same video.
 * @returns all of `own` under today's labels, and the new ones. Whoever is not heard any more and has lost the label to somebody else
 *   stays under the name, if there is one.
 */
export function recognizeAgain(
  heard: readonly Pick<KnownSpeaker, "label" | "print">[],
  own: readonly KnownSpeaker[],
): readonly KnownSpeaker[] {
  const before = new Map(pairByPrint(heard, own));
  for (const speaker of heard) {
    const known = own.find(({ label }) => label === speaker.label);
    if (known === undefined || before.has(speaker.label)) continue;
    const isTaken = [...before.values()].includes(known);
    if (!isTaken && !isComparable(known, speaker)) before.set(speaker.label, known);
  }
  const again = [...before.values()];
  const labels = new Set(heard.map(({ label }) => label));
  const absent = own
    .filter((one) => !again.includes(one))
    .flatMap((one) => {
      if (!labels.has(one.label)) return [one];
      return isNamed(one) && !labels.has(one.name) ? [{ ...one, label: one.name }] : [];
    });
  const present = heard.map(({ label, print }) => {
    const known = before.get(label);
    const name = known !== undefined && isNamed(known) ? known.name : label;
    return { voices: {}, ...known, label, name, ...(print && { print }) };
  });
  return [...absent, ...present];
}

/** The most alike first; each is one of the others at the most. */
function pairByPrint(
  speakers: readonly Pick<KnownSpeaker, "label" | "print">[],
  known: readonly KnownSpeaker[],
): ReadonlyMap<string, KnownSpeaker> {
  const alike = speakers.flatMap(({ label, print }) =>
    known.flatMap((one) => {
      if (print === undefined || one.print === undefined) return [];
      const match = matchPrint(new Map([[label, print]]), one.print);
      return match ? [{ label, one, likeness: match.likeness }] : [];
    }),
  );
  const pairs = new Map<string, KnownSpeaker>();
  const taken = new Set<KnownSpeaker>();
  for (const { label, one } of alike.toSorted((a, b) => b.likeness - a.likeness)) {
    if (pairs.has(label) || taken.has(one)) continue;
    pairs.set(label, one);
    taken.add(one);
  }
  return pairs;
}

function isComparable(
  { print: one = [] }: Pick<KnownSpeaker, "print">,
  { print: other = [] }: Pick<KnownSpeaker, "print">,
): boolean {
  return one.length > 0 && one.length === other.length;
}
