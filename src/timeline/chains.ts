/** Which lines are planned one after the other, and between which moments each must stay. */
import type { Seconds } from "../core/segment.ts";
import type { PlanLine } from "./placement.ts";
import type { Caps } from "./tempo-grid.ts";

/** One line of a chain. Its neighbours in the chain move its borders further in, never out. */
export type Link = {
  /** Position among all lines. */
  readonly index: number;
  readonly line: PlanLine;
  /** Not spoken before this … */
  readonly from: Seconds;
  /** … nor after this. `to` may lie before the slot's end only at the end of the media. */
  readonly to: Seconds;
  /** Latest start, seconds after the slot's: the cap, or more where an earlier slot of the chain is still running. */
  readonly latest: Seconds;
};
export type Chain = readonly Link[];

/** A line with its position among all lines. */
type Member = { readonly index: number; readonly line: PlanLine };
type Region = { readonly members: Member[]; reach: Seconds; isCrosstalk: boolean };

/**
 * Splits the lines into chains that do not touch each other.
 *
 * Speech where speakers take turns is one chain, so that a line may push the next speaker's a little. Where slots of
 * different speakers overlap, each speaker has a chain of their own, and no line may leave its slot into another speaker's:
 * so they never overlap more than their slots do. Silence between two chains is divided between them.
 *
 * @param sorted by the start of their slots.
 */
export function buildChains(sorted: readonly Member[], caps: Caps): Chain[] {
  const regions = findRegions(sorted);
  const borders = regions.slice(1).map((region, position) => {
    const reach = (regions[position] as Region).reach;
    const start = (region.members[0] as Member).line.slot.start;
    const border = start - Math.min(caps.maxEarly, (start - reach) / 2);
    return { from: border, to: Math.max(reach, border - caps.guard) };
  });
  return regions.flatMap(({ members, isCrosstalk }, position) => {
    const from = borders[position - 1]?.from ?? 0;
    const to = borders[position]?.to ?? caps.end;
    if (!isCrosstalk) return [link(members, () => ({ from, to }), caps)];
    const bySpeaker = Map.groupBy(members, ({ line }) => line.speaker ?? "");
    return [...bySpeaker.values()].map((own) =>
      link(own, (member) => window(member, members, { from, to }, caps.guard), caps),
    );
  });
}

/** Regions of turn-taking, and regions of crosstalk between them; each begins after all earlier slots have ended. */
function findRegions(sorted: readonly Member[]): Region[] {
  const clusters: Region[] = [];
  for (const member of sorted) {
    const { slot, speaker } = member.line;
    const last = clusters.at(-1);
    if (last === undefined || slot.start >= last.reach) {
      clusters.push({ members: [member], reach: slot.end, isCrosstalk: false });
    } else {
      last.isCrosstalk ||= (last.members[0] as Member).line.speaker !== speaker;
      last.members.push(member);
      last.reach = Math.max(last.reach, slot.end);
    }
  }
  const regions: Region[] = [];
  for (const cluster of clusters) {
    const last = regions.at(-1);
    if (last === undefined || last.isCrosstalk || cluster.isCrosstalk) {
      regions.push(cluster);
    } else {
      for (const member of cluster.members) last.members.push(member);
      last.reach = cluster.reach;
    }
  }
  return regions;
}

function link(
  members: readonly Member[],
  windowOf: (member: Member) => { from: Seconds; to: Seconds },
  { maxDelay, end }: Caps,
): Chain {
  let reach = -Infinity;
  return members.map(({ index, line }) => {
    const { start, end: slotEnd } = line.slot;
    const { from, to } = windowOf({ index, line });
    // It may wait for the earlier slot to end, but begins inside its own.
    const waits = Math.min(reach + maxDelay, slotEnd) - start;
    const latest = reach > start ? Math.max(maxDelay, waits) : maxDelay;
    reach = Math.max(reach, slotEnd);
    return { index, line, from: Math.min(from, start), to: Math.min(to, end), latest };
  });
}

/** The slot, and what lies beside it up to where another speaker's slot begins. Of two that end together the later one gets it. */
function window(
  { index, line }: Member,
  members: readonly Member[],
  region: { from: Seconds; to: Seconds },
  guard: Seconds,
): { from: Seconds; to: Seconds } {
  const { slot } = line;
  let { from, to } = region;
  let isAfter = false;
  for (const other of members) {
    if (other.index === index) isAfter = true;
    if (other.line.speaker === line.speaker) continue;
    const { start, end } = other.line.slot;
    if (start < slot.start || (start === slot.start && !isAfter)) {
      from = Math.max(from, Math.min(slot.start, end + guard));
    }
    if (end > slot.end || (end === slot.end && isAfter)) {
      to = Math.min(to, Math.max(slot.end, start - guard));
    }
  }
  return { from, to };
}
