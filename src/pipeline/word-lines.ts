/** Chooses, line by line, which wording is spoken. A text the person has written is never changed. */
import type { Seconds, Segment } from "../core/segment.ts";
import { chooseWording } from "../translation/choose-wording.ts";
import type { PlanFile } from "./plan-file.ts";
import type { PreparedLine } from "./translation-file.ts";

/** Silence around a line that it may run into, seconds; the plan borrows more only where it has to. */
const borrowed: Seconds = 0.3;

/** Texts by segment id, where they differ from the reviewed ones. */
export type SpokenTexts = ReadonlyMap<string, string>;

/**
 * What each segment says at first: what fitted last time, while text and time are the same; else the wording that is predicted to fit.
 *
 * @param last the plan of the last run.
 * @param pace characters a second.
 */
export function wordSegments(
  segments: readonly Segment[],
  prepared: ReadonlyMap<string, PreparedLine>,
  { last, pace }: { readonly last: PlanFile | undefined; readonly pace: number },
): SpokenTexts {
  const before = new Map(
    (last?.lines ?? []).flatMap((line) =>
      line.segments.flatMap((one) => (one.id === undefined ? [] : [[one.id, one] as const])),
    ),
  );
  const chosen = segments.map((segment): readonly [string, string] => {
    const line = prepared.get(segment.id);
    const known = before.get(segment.id);
    const isSame = known?.reviewed === segment.text && isSameSpan(known, segment);
    if (line?.short === undefined || line.long === undefined) return [segment.id, segment.text];
    if (isSame) return [segment.id, known.text];
    const wordings = { short: line.short, normal: line.text, long: line.long };
    const { text } = chooseWording(wordings, segment.end - segment.start + borrowed, pace);
    return [segment.id, text];
  });
  return new Map(chosen);
}

/** The segments with the texts that are spoken. */
export function withTexts(segments: readonly Segment[], texts: SpokenTexts): readonly Segment[] {
  return segments.map((segment) => ({ ...segment, text: texts.get(segment.id) ?? segment.text }));
}

/** Times in the plan are rounded to the microsecond. */
function isSameSpan(
  a: { readonly start: Seconds; readonly end: Seconds },
  b: { readonly start: Seconds; readonly end: Seconds },
): boolean {
  return Math.abs(a.start - b.start) < 1e-3 && Math.abs(a.end - b.end) < 1e-3;
}
