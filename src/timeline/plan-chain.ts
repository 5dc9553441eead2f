/**
 * The dynamic programme behind the plan of one chain. On entering a line all that matters of the past is the tempo of the line
 * before and how late that line lets this one start, so the cheapest way into every such pair is enough.
 */
import type { Seconds } from "../core/segment.ts";
import type { Chain, Link } from "./chains.ts";
import { type DelayGrid, delayGrid, mostDelays } from "./delay-grid.ts";
import { earliestAfter, latestBefore } from "./pause.ts";
import { jumpWeightBetween, tempoCost } from "./plan-cost.ts";
import type { Plan } from "./plan-natural.ts";
import { tryPlaces } from "./plan-step.ts";
import type { Caps } from "./tempo-grid.ts";
import type { Excess } from "./too-long.ts";

/** A tempo and a start, as positions in their grids; the tempo after the last one stands for a rush. */
type Choice = { readonly tempo: number; readonly delay: number };

/** Finds the cheapest plan. Links that fit nowhere are all named, not only the first. */
export function planChain(chain: Chain, caps: Caps, tempos: Float64Array): Plan {
  const usual = tempos.length;
  const width = mostDelays;
  const states = usual * width;
  // How each state was reached: the entry chosen for a start, the tempo before it, and the line before that.
  const entryOf = new Uint8Array(chain.length * states);
  const tempoBefore = new Uint8Array(chain.length * states);
  const choiceBefore = new Uint16Array((chain.length + 1) * states);
  let costs = new Float64Array(states);
  let nextCosts = new Float64Array(states);
  const settled = new Float64Array(states);
  const durations = new Float64Array(tempos.length);
  const tempoCosts = new Float64Array(tempos.length);
  const grids = chain.map(gridCache(caps));
  const tooLong: Excess[] = [];

  const enter = (into: Float64Array, position: number): void => {
    into.fill(Infinity);
    const { from, line } = chain[position] as Link;
    into[(grids[position] as DelayGrid).indexAfter(from - line.slot.start)] = 0;
  };
  enter(costs, 0);
  let jump = 0;

  for (const [position, { line, to }] of chain.entries()) {
    const { slot, duration } = line;
    const { delays, zero } = grids[position] as DelayGrid;
    const base = position * states;
    waitForStart(costs, usual, width, zero, entryOf, base);
    smooth(costs, settled, { usual, width, count: delays.length, jump, tempos }, tempoBefore, base);

    for (let t = 0; t < tempos.length; t++) {
      durations[t] = duration / tempos[t]!;
      tempoCosts[t] = tempoCost(line, tempos[t]!, caps);
    }
    const next = chain[position + 1];
    nextCosts.fill(Infinity);
    const excess = tryPlaces(
      { line, to, delays },
      next && { ...next, grid: grids[position + 1] as DelayGrid },
      { settled, durations, tempoCosts, width, caps },
      { costs: nextCosts, choices: choiceBefore, base: base + states },
    );
    const isFeasible = excess === 0;
    jump = next && isFeasible ? jumpWeightBetween(line, next.line) : 0;
    if (!isFeasible) {
      tooLong.push({ id: line.id, slot, excess });
      if (next) enter(nextCosts, position + 1);
    }
    [costs, nextCosts] = [nextCosts, costs];
  }
  if (tooLong.length > 0) return { steps: [], tooLong };

  const choices = new Array<Choice>(chain.length);
  let state = costs.indexOf(costs.reduce((least, cost) => Math.min(least, cost), Infinity));
  for (let position = chain.length - 1; position >= 0; position--) {
    const packed = choiceBefore[(position + 1) * states + state]!;
    const [tempo, delay] = [Math.floor(packed / 64), packed % 64];
    choices[position] = { tempo, delay };
    const base = position * states;
    const row = tempoBefore[base + Math.min(tempo, usual - 1) * width + delay]! * width;
    state = row + entryOf[base + row + delay]!;
  }
  return { steps: settle(chain, choices, grids, tempos, caps), tooLong };
}

/** Most lines share one grid. */
function gridCache(caps: Caps): (link: Link) => DelayGrid {
  const common = delayGrid(caps, caps.maxDelay);
  return ({ latest }) => (latest > caps.maxDelay ? delayGrid(caps, latest) : common);
}

/** A line that could start early may start later, up to its slot's start; beyond it nobody waits without need. */
function waitForStart(
  costs: Float64Array,
  usual: number,
  width: number,
  zero: number,
  entryOf: Uint8Array,
  base: number,
): void {
  for (let row = 0; row < usual * width; row += width) {
    for (let d = 0; d < width; d++) {
      entryOf[base + row + d] = d;
      if (d > 0 && d <= zero && costs[row + d - 1]! < costs[row + d]!) {
        costs[row + d] = costs[row + d - 1]!;
        entryOf[base + row + d] = entryOf[base + row + d - 1]!;
      }
    }
  }
}

type SmoothOptions = {
  readonly usual: number;
  readonly width: number;
  readonly count: number;
  readonly jump: number;
  readonly tempos: Float64Array;
};

/** For every start and every new tempo, the cheapest tempo to come from. */
function smooth(
  costs: Float64Array,
  settled: Float64Array,
  { usual, width, count, jump, tempos }: SmoothOptions,
  tempoBefore: Uint8Array,
  base: number,
): void {
  for (let d = 0; d < count; d++) {
    let cheapest = Infinity;
    let origin = 0;
    for (let from = 0; from < usual; from++) {
      const cost = costs[from * width + d]!;
      if (cost < cheapest) {
        cheapest = cost;
        origin = from;
      }
    }
    if (cheapest === Infinity) {
      for (let to = 0; to < usual; to++) settled[to * width + d] = Infinity;
      continue;
    }
    // A faster tempo is never best reached from a slower one than the tempo below it was: squares grow that way.
    let lowest = 0;
    for (let to = 0; to < usual; to++) {
      let best = origin;
      const first = tempos[to]! - tempos[origin]!;
      let least = cheapest + jump * first * first;
      if (jump > 0) {
        for (let from = lowest; from < usual; from++) {
          const cost = costs[from * width + d]!;
          if (cost >= least) continue;
          const step = tempos[to]! - tempos[from]!;
          const total = cost + jump * step * step;
          if (total < least) {
            least = total;
            best = from;
          }
        }
        lowest = best;
      }
      settled[to * width + d] = least;
      tempoBefore[base + to * width + d] = best;
    }
  }
}

/** Exact starts from the rounded ones: never later than those, and no more rush than the exact time asks for. */
function settle(
  chain: Chain,
  choices: readonly Choice[],
  grids: readonly DelayGrid[],
  tempos: Float64Array,
  { maxTempo, rushTempo, guard }: Caps,
): { start: Seconds; tempo: number }[] {
  const delayOf = (position: number): Seconds =>
    grids[position]?.delays[choices[position]?.delay ?? 0] ?? 0;
  let free = -Infinity;
  return chain.map(({ line, from, to }, position) => {
    const { slot, duration } = line;
    const wish = slot.start + Math.min(0, delayOf(position));
    const earliest = Math.max(from, free);
    // The last bits of a sum are no delay.
    const start = earliest > wish + 1e-11 ? earliest : wish;
    const next = chain[position + 1];
    const limit = next && latestBefore(slot, next.line.slot, delayOf(position + 1), guard);
    // Where no time at all is left, only a line shorter than any sample stands here: it needs none.
    const rush = Math.min(rushTempo, duration / (Math.min(to, limit ?? to) - start));
    const tempo = tempos[choices[position]?.tempo ?? 0] ?? Math.max(maxTempo, rush);
    if (next) free = earliestAfter(start + duration / tempo, slot, next.line.slot, guard);
    return { start, tempo };
  });
}
