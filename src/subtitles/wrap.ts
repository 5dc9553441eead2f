/** Text into lines that fit the screen, and cues too long for it into several. No character is ever lost. */
import type { Cue } from "./cue.ts";
import { type LineUnit, lineUnits, lineWidth, widthOf } from "./line-units.ts";
import { oneLine } from "./one-line.ts";
import { shareTime } from "./share-time.ts";

export type WrapOptions = {
  /** Longest line. Default by script: 42, Cyrillic 39, Chinese and Korean 16, Japanese 13. */
  readonly maxCharacters?: number;
  /** Lines on the screen at once, default 2. */
  readonly maxLines?: number;
  /** Language tag; only tells Chinese from Japanese where the text itself does not. */
  readonly language?: string;
};

/**
 * Breaks a text into as few lines as it needs, of lengths as even as they get, preferably after punctuation.
 *
 * Lines end at spaces, in Chinese, Japanese and the like between words; a single word wider than a line is cut between characters.
 * Line breaks that already fit are kept.
 *
 * @returns lines separated by `\n`; more than `maxLines` where the text needs them, see {@link splitCue}.
 */
export function wrapText(text: string, options: WrapOptions = {}): string {
  const limit = lineWidth(text, options.maxCharacters, options.language);
  if (fits(text, limit, options)) return text;
  return wrapUnits(lineUnits(oneLine(text), limit), limit);
}

/**
 * Makes one or more cues of a cue, each with at most `maxLines` wrapped lines, cut at ends of sentences and clauses where that is
 * possible.
 *
 * @param options `minDuration` a piece gets at least this long if the cue has the time; default 5/6 s.
 * @returns the pieces in order, one after the other without a gap, from the cue's start to its end; each has time in
 *   proportion to its characters.
 */
export function splitCue(
  cue: Cue,
  options: WrapOptions & { readonly minDuration?: number } = {},
): Cue[] {
  const { maxLines = 2, minDuration = 5 / 6 } = options;
  const limit = lineWidth(cue.text, options.maxCharacters, options.language);
  if (fits(cue.text, limit, options)) return [cue];
  const units = lineUnits(oneLine(cue.text), limit);
  const chunks = chunkUnits(units, limit, Math.max(1, maxLines));
  if (chunks.length <= 1) return [{ ...cue, text: wrapUnits(units, limit) }];
  const spans = shareTime(cue, chunks.map(totalWidth), minDuration);
  return chunks.map((chunk, index) => ({ ...cue, ...spans[index], text: wrapUnits(chunk, limit) }));
}

function fits(text: string, limit: number, { maxLines = 2 }: WrapOptions): boolean {
  if (text.length > 10 * limit * maxLines) return false;
  const lines = text.split("\n");
  return lines.length <= maxLines && lines.every((line) => widthOf(line) <= limit);
}

function totalWidth(units: readonly LineUnit[]): number {
  return units.reduce((sum, { width }) => sum + width, 0);
}

/** A step of the search below: the cheapest way to arrange everything before a place. */
type Best = { readonly cost: number; readonly from: number };

/** The lines with the smallest sum of squared lengths among those with the fewest lines: as even as possible. */
function wrapUnits(units: readonly LineUnit[], limit: number): string {
  return arrange(units.length, function* (from) {
    let width = 0;
    for (let to = from; to < units.length; to++) {
      width += spacing(units, from, to) + unitAt(units, to).width;
      if (to > from && width > limit) return;
      const isAwkward = to + 1 < units.length && endPenalty(unitAt(units, to)) > 0.5;
      yield { to: to + 1, cost: 1e6 + (width / limit) ** 2 + (isAwkward ? 0.12 : 0) };
    }
  })
    .map(([from, to]) => joinUnits(units.slice(from, to)))
    .join("\n");
}

/** Groups of units that fill one screen each, ending where sentences or clauses end if possible. */
function chunkUnits(
  units: readonly LineUnit[],
  limit: number,
  maxLines: number,
): (readonly LineUnit[])[] {
  return arrange(units.length, function* (from) {
    let lines = 1;
    let line = 0;
    let total = 0;
    for (let to = from; to < units.length; to++) {
      const { width } = unitAt(units, to);
      const wider = line + spacing(units, from, to) + width;
      if (to > from && wider > limit) {
        lines++;
        line = width;
      } else line = wider;
      if (lines > maxLines) return;
      total += width;
      const empty = Math.max(0, 1 - total / (limit * maxLines));
      const end = to + 1 < units.length ? endPenalty(unitAt(units, to)) : 0;
      yield { to: to + 1, cost: 1 + empty ** 2 + end };
    }
  }).map(([from, to]) => units.slice(from, to));
}

/** Cheapest way from 0 to `length` over the given steps; the time is linear in their number. */
function arrange(
  length: number,
  steps: (from: number) => Iterable<{ readonly to: number; readonly cost: number }>,
): readonly (readonly [from: number, to: number])[] {
  const best: Best[] = [{ cost: 0, from: 0 }];
  for (let from = 0; from < length; from++) {
    const { cost: soFar } = best[from] as Best;
    for (const { to, cost } of steps(from)) {
      if (soFar + cost < (best[to]?.cost ?? Number.POSITIVE_INFINITY)) {
        best[to] = { cost: soFar + cost, from };
      }
    }
  }
  const parts: [number, number][] = [];
  for (let to = length; to > 0; to = (best[to] as Best).from) {
    parts.push([(best[to] as Best).from, to]);
  }
  return parts.reverse();
}

/** How bad it is to cut after a unit: 0 at the end of a sentence, 1 in the middle of a clause. */
function endPenalty({ text }: LineUnit): number {
  if (/[.!?…。！？؟।]["'»”’）」』)\]]{0,3}$/.test(text)) return 0;
  return /[,;:،、，；：–—]["'»”’）」』)\]]{0,3}$/.test(text) ? 0.4 : 1;
}

function spacing(units: readonly LineUnit[], from: number, to: number): number {
  return to > from && unitAt(units, to).isSpaced ? 1 : 0;
}

function unitAt(units: readonly LineUnit[], at: number): LineUnit {
  return units[at] as LineUnit;
}

function joinUnits(units: readonly LineUnit[]): string {
  return units
    .map(({ text, isSpaced }, index) => (index > 0 && isSpaced ? ` ${text}` : text))
    .join("");
}
