/** Finds out which speakers of different stretches of a sound are the same person. Pure arithmetic on voice prints. */
import type { Seconds } from "../core/segment.ts";
import { printLikeness, type VoicePrint } from "./voice-print.ts";

/** One speaker of one stretch. */
export type StretchSpeaker = {
  readonly stretch: number;
  readonly print: VoicePrint;
  /** How long they speak: a print from more speech counts for more. */
  readonly seconds: Seconds;
};

/** One person, in all stretches. */
export type LinkedSpeaker = {
  /** Places in the list that was given, ascending. */
  readonly members: readonly number[];
  /** The mean of their prints by seconds, of length 1. */
  readonly print: VoicePrint;
};

type Cluster = {
  readonly members: number[];
  readonly sum: readonly number[];
  readonly stretches: readonly number[];
};

/**
 * Joins the two most alike, again and again (agglomerative clustering on mean prints).
 *
 * @param speakers two of one stretch are two people, as are two who are not alike, unless there would be more than `count` people otherwise.
 * @param threshold least likeness (cosine) of one person's prints.
 * @param count how many people there are, where it is known.
 * @returns people by their first member.
 */
export function linkSpeakers(
  speakers: readonly StretchSpeaker[],
  { threshold, count }: { readonly threshold: number; readonly count?: number },
): readonly LinkedSpeaker[] {
  const clusters: (Cluster | undefined)[] = speakers.map(({ stretch, print, seconds }, index) => ({
    members: [index],
    sum: print.map((value) => value * seconds),
    stretches: [stretch],
  }));
  const likeness = clusters.map((one) => clusters.map((other) => alike(one, other)));
  for (let left = clusters.length; left > (count ?? 1); left--) {
    const pair = mostAlike(clusters, likeness, { threshold, isForced: count !== undefined });
    if (pair === undefined) break;
    const [kept, gone] = pair;
    const joined = join(clusters[kept] as Cluster, clusters[gone] as Cluster);
    clusters[kept] = joined;
    clusters[gone] = undefined;
    for (const [other, cluster] of clusters.entries()) {
      const value = alike(joined, cluster);
      (likeness[kept] as number[])[other] = value;
      (likeness[other] as number[])[kept] = value;
    }
  }
  return clusters
    .filter((cluster) => cluster !== undefined)
    .map(({ members, sum }) => ({ members: members.toSorted((a, b) => a - b), print: unit(sum) }));
}

/** Places of the best pair. Where a number of people has to be reached, also one that is not alike or of one stretch, when no other is left. */
function mostAlike(
  clusters: readonly (Cluster | undefined)[],
  likeness: readonly (readonly number[])[],
  { threshold, isForced }: { readonly threshold: number; readonly isForced: boolean },
): readonly [number, number] | undefined {
  let best: { pair: readonly [number, number]; isOne: boolean; value: number } | undefined;
  for (const [first, one] of clusters.entries()) {
    for (let second = first + 1; second < clusters.length; second++) {
      const other = clusters[second];
      if (one === undefined || other === undefined) continue;
      const value = likeness[first]?.[second] as number;
      const isApart = !one.stretches.some((stretch) => other.stretches.includes(stretch));
      const isOne = isApart && value >= threshold;
      if (!isOne && !isForced) continue;
      const isBetter =
        best === undefined ||
        (isOne && !best.isOne) ||
        (isOne === best.isOne && value > best.value);
      if (isBetter) best = { pair: [first, second], isOne, value };
    }
  }
  return best?.pair;
}

function join(one: Cluster, other: Cluster): Cluster {
  return {
    members: [...one.members, ...other.members],
    sum: one.sum.map((value, index) => value + (other.sum[index] ?? 0)),
    stretches: [...one.stretches, ...other.stretches],
  };
}

function alike(one: Cluster | undefined, other: Cluster | undefined): number {
  return one === undefined || other === undefined ? -1 : printLikeness(one.sum, other.sum);
}

function unit(print: readonly number[]): VoicePrint {
  const length = Math.hypot(...print);
  return length > 0 ? print.map((value) => value / length) : print;
}
