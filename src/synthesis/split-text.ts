/** A text too long for one call, in parts that sound natural one after the other. What joins their sound is elsewhere. */
import { isSpeakable } from "./speakable-text.ts";

export type TextPart = {
  readonly text: string;
  /** What it ends with: the break after a sentence is heard, the one inside a clause must not be. */
  readonly end: "sentence" | "clause" | "none";
};

/** A stretch of the text, UTF-16 code units. */
type Span = { readonly from: number; readonly to: number; readonly end: TextPart["end"] };

/**
 * Splits a text at ends of sentences, else of clauses, else at spaces, else between words or characters, into parts as
 * long as they may be. A part with no letter or digit joins a neighbour; where it does not fit, it is left out: there is
 * nothing to hear in it. White space at the ends of parts is dropped.
 *
 * @param maxCharacters of a part, UTF-16 code units. A single character longer than that is cut between code points, and
 * only a limit of 1 is exceeded, by a code point of two units.
 * @param language BCP 47, of the text; tells where sentences and words end.
 * @returns at least one part; the whole text when it fits, or when nothing in it can be spoken.
 */
export function splitText(
  text: string,
  maxCharacters: number,
  language?: string,
): readonly TextPart[] {
  const whole = [{ text, end: "none" }] as const;
  if (text.length <= maxCharacters) return whole;
  const segmenters = openSegmenters(language);
  const spans: Span[] = [];
  for (let from = skipSpace(text, 0); from < text.length; ) {
    const { at, end } = findCut(text, from, maxCharacters, segmenters);
    spans.push({ from, to: trimmedEnd(text, from, at), end });
    from = skipSpace(text, at);
  }
  const parts = joinSilent(text, spans, maxCharacters).map(({ from, to, end }) => ({
    text: text.slice(from, to),
    end,
  }));
  return parts.length === 0 ? whole : parts;
}

type Cut = { readonly at: number; readonly end: TextPart["end"] };

function findCut(text: string, from: number, longest: number, segmenters: Segmenters): Cut {
  if (text.length - from <= longest) return { at: text.length, end: "none" };
  // A little more than fits: what follows decides whether a sentence or a word ends where the room does.
  const view = text.slice(from, from + longest + lookahead);
  // A part ends before the space after it, which may stand where there is no room any more.
  const room = longest + (/^\s*/.exec(view.slice(longest))?.[0].length ?? 0);
  const sentence = lastBoundary(segmenters.sentence, view, room);
  if (sentence !== undefined) return { at: from + sentence, end: "sentence" };
  const clause = lastMatchEnd(view, clauseEnds, room);
  if (clause !== undefined) return { at: from + clause, end: "clause" };
  const at =
    lastMatchEnd(view, spaces, room) ??
    lastBoundary(segmenters.word, view, longest, isTorn) ??
    lastBoundary(segmenters.word, view, longest) ??
    lastBoundary(segmenters.grapheme, view, longest) ??
    (isInsidePair(view, longest) ? longest - 1 || 2 : longest);
  return { at: from + at, end: "none" };
}

const lookahead = 64;

/** The space is part of it: a comma inside a number ends no clause. Chinese and Japanese marks need none. */
const clauseEnds =
  /[,;:–—،؛][\p{Pe}\p{Pf}"']*\s+|[，、；：][\p{Pe}\p{Pf}]*\s*|(?<=\s)(?=[–—-]\s)/gu;
/** Not those that hold two words together. */
const spaces = /[^\S\u00a0\u2007\u202f]+/g;

function lastMatchEnd(view: string, pattern: RegExp, room: number): number | undefined {
  let last: number | undefined;
  for (const match of view.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (end > room) break;
    if (end > 0) last = end;
  }
  return last;
}

function lastBoundary(
  segmenter: Intl.Segmenter,
  view: string,
  room: number,
  isRefused: (view: string, at: number) => boolean = () => false,
): number | undefined {
  let last: number | undefined;
  for (const { index } of segmenter.segment(view)) {
    if (index > room) break;
    if (index > 0 && !isRefused(view, index)) last = index;
  }
  return last;
}

/** Whether a mark would be torn from what it closes or opens. */
function isTorn(view: string, at: number): boolean {
  const next = String.fromCodePoint(view.codePointAt(at) ?? 0);
  const isHeldBack = /[\p{Pe}\p{Pf}\p{Po}\p{M}ー々]/u.test(next) && !/[¿¡]/.test(next);
  return isHeldBack || /[\p{Ps}\p{Pi}¿¡]/u.test(view[at - 1] ?? "");
}

function isInsidePair(view: string, at: number): boolean {
  return /[\ud800-\udbff]/.test(view[at - 1] ?? "") && /[\udc00-\udfff]/.test(view[at] ?? "");
}

type Segmenters = Readonly<Record<"sentence" | "word" | "grapheme", Intl.Segmenter>>;

function openSegmenters(language = "und"): Segmenters {
  const open = (granularity: keyof Segmenters) => {
    try {
      return new Intl.Segmenter(language, { granularity });
    } catch {
      // No language tag; most rules are the same everywhere.
      return new Intl.Segmenter("und", { granularity });
    }
  };
  return { sentence: open("sentence"), word: open("word"), grapheme: open("grapheme") };
}

function joinSilent(text: string, spans: readonly Span[], longest: number): readonly Span[] {
  const joined: Span[] = [];
  /** Start of silent marks that wait for the next part. */
  let waiting: number | undefined;
  for (const span of spans) {
    const { from, to, end } = span;
    const last = joined.at(-1);
    if (isSpeakable(text.slice(from, to))) {
      const fits = waiting !== undefined && to - waiting <= longest;
      joined.push({ ...span, from: fits && waiting !== undefined ? waiting : from });
      waiting = undefined;
    } else if (last !== undefined && waiting === undefined && to - last.from <= longest) {
      joined[joined.length - 1] = { from: last.from, to, end };
    } else {
      waiting ??= from;
    }
  }
  return joined;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at] as string)) at += 1;
  return at;
}

function trimmedEnd(text: string, from: number, to: number): number {
  let at = to;
  while (at > from && /\s/.test(text[at - 1] as string)) at -= 1;
  return at;
}
