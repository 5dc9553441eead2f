/** `report.json`: what a person or a program checks after a run. */
import type { Cue } from "../subtitles/cue.ts";
import { checkReading } from "../subtitles/reading-speed.ts";
import type { Mastered } from "./mastering.ts";
import type { CheckedOptions } from "./options.ts";
import type { PlanFile, PlannedLine } from "./plan-file.ts";

/** Lines above this tempo are counted: listeners begin to hear them as hurried. */
const noticeableTempo = 1.1;

/** Sums up a plan and its subtitles; the same plan and mix give the same report. */
export function makeReport(
  plan: PlanFile,
  cues: readonly Cue[],
  mastered: Mastered,
  options: CheckedOptions,
) {
  const { lines, failures } = plan;
  const tempos = lines.map(({ tempo }) => tempo);
  return {
    schema: 1,
    language: plan.language ?? null,
    engine: plan.engine,
    durationSeconds: plan.duration,
    summary: {
      lines: lines.length + failures.length,
      notSpoken: failures.length,
      meanTempo: round(tempos.reduce((sum, tempo) => sum + tempo, 0) / Math.max(1, tempos.length)),
      maxTempo: round(tempos.reduce((max, tempo) => Math.max(max, tempo), 0)),
      aboveNoticeableTempo: tempos.filter((tempo) => tempo > noticeableTempo).length,
      overruns: lines.filter(({ overrun }) => overrun > 0).length,
    },
    loudness: {
      target: options.loudness,
      integratedLufs: mastered.integrated,
      truePeakDbtp: mastered.truePeak === null ? null : round(mastered.truePeak),
      gainDb: round(mastered.gainDb),
    },
    background: options.background,
    lines: lines.map(describe),
    failures,
    // Subtitles that are hard to read: too fast, too short, too close. Not warnings: the dub itself is fine.
    subtitles: checkReading(cues),
    warnings: [...plan.warnings, ...mastered.warnings],
  };
}

function describe(line: PlannedLine) {
  const { id, text, speaker, voice, slot, start, duration } = line;
  const { tempo, early, delay, borrowed, overrun } = line;
  return {
    ...{ id, text, ...(speaker !== undefined && { speaker }), voice, slot, start, duration },
    ...{ tempo, early, delay, borrowed, overrun },
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
