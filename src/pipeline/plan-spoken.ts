/** Turns measured clips into planned lines: when each is heard and how fast. */
import { basename } from "node:path";
import type { Line, Seconds, Segment } from "../core/segment.ts";
import { planLines } from "../timeline/plan.ts";
import { fitStrict } from "../timeline/strict.ts";
import type { CheckedOptions } from "./options.ts";
import type { PlannedLine } from "./plan-file.ts";
import type { Clip } from "./spoken-clips.ts";

/** Pause between the blocks of block mode that are pushed together, seconds. */
const blockPause: Seconds = 0.2;

/**
 * Plans all lines together, or with `strictTiming` each into its own window.
 *
 * @param lines spoken lines sorted by start; each has a clip.
 * @param end end of the video, seconds; nothing is heard after it.
 * @param segments what the lines were made from, with the texts that were spoken.
 * @param reviewed what stands in `subs.srt`, by segment id.
 * @throws DubberError `line_too_long` naming the lines that cannot fit.
 */
export function planSpoken(
  lines: readonly Line[],
  clips: ReadonlyMap<string, Clip>,
  end: number,
  options: CheckedOptions,
  segments: readonly Segment[],
  reviewed: ReadonlyMap<string, string>,
): PlannedLine[] {
  const table = lines.map(({ id, speaker, slot }) => {
    const { speech } = clips.get(id) as Clip;
    const duration = speech.end - speech.start;
    return { id, slot, duration, ...(speaker !== undefined && { speaker }) };
  });
  const { minAtempo, maxAtempo, timingToleranceMs, timingFitMode, noSpeedup } = options;
  const caps = {
    ...(minAtempo !== undefined && { minTempo: minAtempo }),
    ...(maxAtempo !== undefined && { maxTempo: maxAtempo }),
  };
  const guard =
    options.breathPadMs !== undefined
      ? options.breathPadMs / 1000
      : options.alignMode === "block"
        ? blockPause
        : undefined;
  const placements = options.strictTiming
    ? fitStrict(table, { ...caps, toleranceMs: timingToleranceMs, fitMode: timingFitMode, end })
    : planLines(table, {
        ...caps,
        end,
        noSpeedup,
        ...(guard !== undefined && { guard }),
      });
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  return lines.map((line, index) => {
    const { start, duration, tempo, early, delay, borrowed, overrun } = placements[index]!;
    const clip = clips.get(line.id) as Clip;
    return {
      id: line.id,
      text: line.text,
      ...(line.speaker !== undefined && { speaker: line.speaker }),
      voice: clip.voice,
      slot: line.slot,
      segments: line.segments
        .map((id) => byId.get(id) as Segment)
        .map(({ id, start, end, text }) => ({ id, start, end, text, reviewed: reviewed.get(id) })),
      clip: basename(clip.path),
      speech: clip.speech,
      levelDb: clip.levelDb,
      ...{ start, duration, tempo, early, delay, borrowed, overrun },
    };
  });
}
