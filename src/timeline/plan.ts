/** Chooses start and tempo for every spoken line, all lines of a stretch of speech together. */
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { buildChains } from "./chains.ts";
import { checkLines, describePlacement, type Placement, type PlanLine } from "./placement.ts";
import { planChain } from "./plan-chain.ts";
import { planNatural } from "./plan-natural.ts";
import { type Caps, tempoGrid } from "./tempo-grid.ts";
import { lineTooLong } from "./too-long.ts";

export type { Placement, PlanLine } from "./placement.ts";

export type PlanPolicy = {
  /** Below 1, a line shorter than its slot is slowed down to fill it, to this at most. Above 1, nothing is slower. Default 1. */
  readonly minTempo?: number;
  /** Fastest tempo that counts as fitting. Default 1.3, or `minTempo` if that is more. */
  readonly maxTempo?: number;
  /** Fastest tempo at all; what lies above `maxTempo` is an overrun. Default 2, or `maxTempo` if that is more. */
  readonly rushTempo?: number;
  /** Longest start before the slot. Default 0.3 s. */
  readonly maxEarly?: Seconds;
  /** Longest start after the slot's. Default 0.4 s. */
  readonly maxDelay?: Seconds;
  /** Pause between two lines that are pushed together. Lines inside their own slots keep the pause they have. Default 0.08 s. */
  readonly guard?: Seconds;
  /** Leave every tempo as it is: lines move later instead, and what that takes beyond `maxDelay` is an overrun. Default false. */
  readonly noSpeedup?: boolean;
  /** Length of the media; nothing is spoken past it. */
  readonly end: Seconds;
};

/**
 * Plans when every line is spoken and how fast.
 *
 * What yields, in this order: the silence after a line is borrowed; the line starts a little early; it and its neighbours get
 * faster together, up to `maxTempo`; later lines are moved into silence that follows, up to `maxDelay`; the line is rushed, as
 * little as it takes, up to `rushTempo`, which is reported as an overrun. Nothing is ever cut.
 *
 * Lines of one speaker never overlap and keep their order; those of two speakers overlap no more than their slots do (with
 * `noSpeedup`, lines whose slots overlap may overlap more). Where the slots of one speaker overlap, the later line waits for the earlier
 * one's slot to end, and what that takes beyond `maxDelay` is an overrun too.
 *
 * @param lines seconds, sorted by the start of their slots.
 * @returns one placement per line, same order. The same input gives the same plan.
 * @throws DubberError `line_too_long` naming every line that does not even fit at `rushTempo`; `invalid_options`.
 */
export function planLines(lines: readonly PlanLine[], policy: PlanPolicy): Placement[] {
  const caps = checkPolicy(policy);
  checkLines(lines);
  const sorted = lines
    .map((line, index) => ({ line, index }))
    .sort((a, b) => a.line.slot.start - b.line.slot.start);
  const tempos = tempoGrid(caps);
  const plans = policy.noSpeedup
    ? [
        {
          members: sorted,
          plan: planNatural(
            sorted.map(({ line }) => line),
            caps,
          ),
        },
      ]
    : buildChains(sorted, caps).map((members) => ({
        members,
        plan: planChain(members, caps, tempos),
      }));
  const tooLong = plans.flatMap(({ plan }) => plan.tooLong);
  if (tooLong.length > 0) {
    throw lineTooLong(tooLong.sort((a, b) => a.slot.start - b.slot.start));
  }
  const placements = new Array<Placement>(lines.length);
  for (const { members, plan } of plans) {
    for (const [position, { start, tempo }] of plan.steps.entries()) {
      const { index, line } = members[position] as { index: number; line: PlanLine };
      placements[index] = describePlacement(line, start, tempo, caps);
    }
  }
  return placements;
}

function checkPolicy(policy: PlanPolicy): Caps {
  const { minTempo = 1, maxEarly = 0.3, maxDelay = 0.4, guard = 0.08, end } = policy;
  const { maxTempo = Math.max(1.3, minTempo) } = policy;
  const { rushTempo = Math.max(2, maxTempo) } = policy;
  const isOrdered = minTempo > 0 && minTempo <= maxTempo && maxTempo <= rushTempo;
  if (!isOrdered || !Number.isFinite(rushTempo)) {
    throw new DubberError(
      "invalid_options",
      `The tempos must rise from above 0: slowest ${minTempo}, fastest ${maxTempo}, rushed ${rushTempo}.`,
      { hint: "Lower the slowest tempo or raise the fastest." },
    );
  }
  for (const [name, value] of Object.entries({ maxEarly, maxDelay, guard, end })) {
    if (!(value >= 0 && value < Infinity)) {
      throw new DubberError("invalid_options", `${name} is ${value} s; it must be 0 or more.`);
    }
  }
  return { minTempo, maxTempo, rushTempo, maxEarly, maxDelay, guard, end };
}
