/** The original's segments as lines of the dub: translated by a language model, with what was paid for before taken from memory. */
import type { Asker } from "../chat/chat-model.ts";
import type { Call } from "../core/call.ts";
import type { Seconds, Segment } from "../core/segment.ts";
import { decodeText } from "../subtitles/decode-text.ts";
import type { TranslationManner, TranslationMemory } from "../translation/contract.ts";
import { parseGlossary } from "../translation/glossary.ts";
import { summarise } from "../translation/summary.ts";
import { translate } from "../translation/translate.ts";
import type { Emit } from "./events.ts";
import { readGiven } from "./given-text.ts";
import type { CheckedOptions } from "./options.ts";
import { shorten } from "./shorten.ts";
import { type PreparedLine, untranslatedMark } from "./translation-file.ts";

/** Silence after a line that its translation may run into, seconds. */
const borrowed: Seconds = 0.6;

export type TranslateInput = {
  readonly segments: readonly Segment[];
  readonly manner: TranslationManner;
  readonly asker: Asker;
  readonly memory: TranslationMemory;
  /** Lines whose translation the person has written: they are not asked for again. */
  readonly done: ReadonlySet<string>;
  readonly emit: Emit;
};

/**
 * @returns one line for each segment, same order and times. One that nobody could translate has `error`, and its source behind
 *   {@link untranslatedMark} for the person to replace.
 * @throws DubberError what the model fails with for every question alike: a key, a quota, a service that is down.
 */
export async function translateText(
  { segments, manner, asker, memory, done, emit }: TranslateInput,
  call: Call = {},
): Promise<{ readonly lines: readonly PreparedLine[]; readonly warnings: readonly string[] }> {
  const lines = segments
    .map(({ id, text, speaker }, index) => ({
      ...{ id, text, ...(speaker !== undefined && { speaker }) },
      seconds: timeFor(segments, index),
    }))
    .filter(({ id }) => !done.has(id));
  const { summary, warnings } = await summarise(segments, { asker, memory }, call);
  const translated = await translate(
    lines,
    manner,
    {
      ...{ asker, memory, ...(summary !== undefined && { summary }) },
      onProgress: (progress) =>
        emit({ type: "progress", stage: "prep", ...progress, unit: "lines" }),
    },
    call,
  );
  const byId = new Map(translated.lines.map((line) => [line.id, line]));
  const failed = translated.lines.filter((line) => "error" in line);
  return {
    lines: segments.map((segment) => prepare(segment, byId.get(segment.id))),
    warnings: [
      ...warnings,
      ...translated.warnings,
      ...translated.lines.flatMap((line) =>
        "wordings" in line
          ? line.warnings.map((warning) => `"${shorten(line.wordings.normal)}": ${warning}`)
          : [],
      ),
      ...(failed.length > 0 ? [untranslatedWarning(failed.length, lines.length)] : []),
    ],
  };
}

function prepare(
  { id, start, end, text, speaker }: Segment,
  line: Awaited<ReturnType<typeof translate>>["lines"][number] | undefined,
): PreparedLine {
  const about = { id, start, end, ...(speaker !== undefined && { speaker }), source: text };
  if (line !== undefined && "wordings" in line) {
    const { short, normal, long } = line.wordings;
    return { ...about, text: normal, short, long };
  }
  const error = line?.error.message ?? "The person's own.";
  return { ...about, text: `${untranslatedMark} ${text}`, error };
}

function untranslatedWarning(count: number, total: number): string {
  const lines = count === 1 ? "1 line" : `${count} lines`;
  return `${lines} of ${total} could not be translated; in subs.srt they begin with ${untranslatedMark}. Replace them there, or run it again.`;
}

/** The segment's own time and a little of the silence after it. */
function timeFor(segments: readonly Segment[], index: number): Seconds {
  const { start, end } = segments[index] as Segment;
  const next = segments[index + 1]?.start ?? end + borrowed;
  return end - start + Math.min(Math.max(next - end, 0), borrowed);
}

/**
 * What holds for all lines, as the options say it.
 *
 * @param pace characters a second of the voices that will speak.
 * @throws DubberError `not_found`, `invalid_text` (the glossary).
 */
export async function readManner(
  options: CheckedOptions,
  {
    from,
    to,
    pace,
    genders,
  }: {
    readonly from: string | undefined;
    readonly to: string;
    readonly pace: number;
    readonly genders: Readonly<Record<string, "female" | "male">>;
  },
): Promise<TranslationManner> {
  const { glossary, style, formality } = options;
  return {
    ...(from !== undefined && { from }),
    ...{ to, pace, genders },
    glossary:
      glossary === undefined
        ? []
        : parseGlossary(decodeText(await readGiven(glossary)).text, glossary),
    ...(style !== undefined && { style }),
    ...(formality !== undefined && { formality }),
  };
}
