/** How even a planned dub sounds beside the usual rule, each line sped up to its own slot alone. Run: npm run bench:fit. */
import { describePlacement, type Placement, type PlanLine } from "../src/timeline/placement.ts";
import { planLines } from "../src/timeline/plan.ts";
import { seededRandom } from "../test/support/seeded-random.ts";
import { median, printMachine, printTable } from "./table.ts";

const maxTempo = 1.3;

const rows = [500, 5000].flatMap((count) => {
  const { lines, end } = dialogue(count);
  planLines(lines, { end });
  return [
    row(`${count}`, "each line alone", lines, () => alone(lines)),
    row(`${count}`, "planned together", lines, () => planLines(lines, { end })),
  ];
});
printTable("A dialogue, each line alone or planned together", rows);
printMachine();

function row(
  count: string,
  rule: string,
  lines: readonly PlanLine[],
  plan: () => Placement[],
): Record<string, string> {
  const times = Array.from({ length: 3 }, () => {
    const began = performance.now();
    plan();
    return performance.now() - began;
  });
  const placements = plan();
  const jumps = placements.slice(1).flatMap(({ tempo }, index) => {
    const [before, after] = [lines[index], lines[index + 1]] as [PlanLine, PlanLine];
    const isHeard = after.speaker === before.speaker && after.slot.start - before.slot.end <= 1;
    return isHeard ? [Math.abs(tempo - (placements[index] as Placement).tempo)] : [];
  });
  const share = (isMeant: (placement: Placement) => boolean): string =>
    `${((100 * placements.filter(isMeant).length) / placements.length).toFixed(1)} %`;
  const delays = placements.map(({ delay }) => delay * 1000);
  return {
    lines: count,
    rule,
    "mean jump of tempo": mean(jumps).toFixed(3),
    "jumps > 0.1": `${jumps.filter((jump) => jump > 0.1).length}`,
    "above 1.1×": share(({ tempo }) => tempo > 1.1 + 1e-9),
    "above 1.3×": share(({ tempo }) => tempo > maxTempo + 1e-9),
    overruns: `${placements.filter(({ overrun }) => overrun > 0).length}`,
    "mean delay, ms": mean(delays).toFixed(1),
    "worst delay, ms": Math.max(...delays).toFixed(0),
    "time, ms": median(times).toFixed(1),
  };
}

/** What older tools do: every line starts at its slot and is as fast as its own slot asks for, whatever its neighbours do. */
function alone(lines: readonly PlanLine[]): Placement[] {
  return lines.map((line, index) => {
    const { slot, duration: natural } = line;
    const next = lines[index + 1]?.slot.start ?? Infinity;
    const tempo = Math.max(1, natural / (Math.min(slot.end, next) - slot.start));
    return describePlacement(line, slot.start, tempo, { maxTempo });
  });
}

/**
 * Seeded talk of two speakers: slots of 1.2 to 9 s, most with a short pause behind them, and a dub that lasts as long as Spanish
 * or Russian does for English, 12 % more in the mean with a spread of 20 %, rarely more than 1.7 times the slot.
 */
function dialogue(count: number): { lines: PlanLine[]; end: number } {
  const random = seededRandom(20_240_901);
  const lines: PlanLine[] = [];
  let time = 1;
  let speaker = "a";
  for (let index = 0; index < count; index++) {
    const length = 1.2 + 7.8 * random() ** 1.6;
    const spread = (random() + random() + random() - 1.5) * 0.4;
    const ratio = Math.min(1.7, Math.max(0.5, 1.12 + spread));
    lines.push({
      id: `${index}`,
      speaker,
      slot: { start: time, end: time + length },
      duration: length * ratio,
    });
    const kind = random();
    const pause = kind < 0.25 ? 0.04 : kind < 0.8 ? 0.2 + 0.8 * random() : 1 + 3 * random();
    time += length + pause;
    if (random() < 0.15) speaker = speaker === "a" ? "b" : "a";
  }
  return { lines, end: time + 2 };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
