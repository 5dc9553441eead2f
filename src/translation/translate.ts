/** Source lines → lines in another language that fit their time: in batches, checked, remembered. */
import { askFor } from "../chat/ask-for.ts";
import type { Asker } from "../chat/chat-model.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { askInBatches, type Outcome } from "./ask-in-batches.ts";
import { checkTranslation } from "./check-translation.ts";
import type {
  SourceLine,
  Spent,
  TranslatedLine,
  TranslationManner,
  TranslationMemory,
  Wordings,
} from "./contract.ts";
import { checkKeys } from "./keyed-answers.ts";
import { isNear, keep, lineKey, recall, timeClass } from "./remembered-lines.ts";
import {
  type PlacedLine,
  type TranslationContext,
  translationData,
  translationInstructions,
  translationSchema,
} from "./translation-question.ts";

export type TranslateOptions = {
  readonly asker: Asker;
  readonly memory: TranslationMemory;
  /** What the video is about, for context; see `summarise`. */
  readonly summary?: string;
  /** Questions in flight at most. Default: as many as the asker's lanes. */
  readonly limit?: number;
  /** Lines done, whichever way, of `total`. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
};

export type Translation = {
  /** One for each source line, same ids, same order. */
  readonly lines: readonly TranslatedLine[];
  readonly usage: Spent;
  /** About the translation as a whole; those of single lines stand with them. */
  readonly warnings: readonly string[];
};

/** As many lines, and as many characters of source text, as go into one question. */
const batchLimits = { items: 20, size: 2400 };

/** Lines that get the same translation; the first one is asked about. */
type SharedLine = PlacedLine & {
  readonly key: string;
  readonly time: number;
  readonly followers: { readonly index: number; readonly time: number }[];
};

/**
 * Translates lines, up to 20 in a question, each with three lines before and after as context. What the memory has is not asked
 * for, and what comes back is in the memory as soon as it came; lines with the same text, kind of speaker and about the same time are
 * asked for once.
 *
 * Answers are checked (see `checkTranslation`) and asked for again (see `askInBatches`): n lines take fewer than 4n questions.
 *
 * @param lines in the order they are said; blank ones fail without being asked about.
 * @param manner `from` and `to` are different languages.
 * @throws DubberError for what every line would meet: `key_refused`, `quota_exhausted`, `service_down`, …; what is translated by
 *   then is in the memory. `invalid_options` for a pace that is none. The signal's reason.
 */
export async function translate(
  lines: readonly SourceLine[],
  manner: TranslationManner,
  { asker, memory, summary, limit = asker.lanes, onProgress }: TranslateOptions,
  call: Call = {},
): Promise<Translation> {
  checkPace(manner.pace);
  const translated = new Array<TranslatedLine>(lines.length);
  let done = 0;
  const put = (index: number, line: TranslatedLine): void => {
    translated[index] = line;
    done += 1;
  };
  const tell = (): void => onProgress?.({ done, total: lines.length });

  const missing = groupMissing(lines, manner, { asker, memory, put });
  if (done > 0) tell();
  const context: TranslationContext = { lines, manner, summary };
  const usage = await askInBatches<SharedLine, Wordings, Wordings>(
    missing,
    {
      limits: batchLimits,
      lanes: limit,
      sizeOf: ({ line }) => line.text.length,
      ask: async (batch, { problems, isLast }, inner) => {
        const { value, usage: cost } = await askFor(
          asker,
          {
            ...{ system: translationInstructions, name: "translation", schema: translationSchema },
            user: translationData(
              batch,
              // A neighbour may be what the model will not talk about.
              isLast ? { ...context, isAlone: true } : context,
              problems as ReadonlyMap<PlacedLine, string>,
            ),
          },
          inner,
        );
        return { answers: checkKeys(value.lines, batch.length, cost), usage: cost };
      },
      check: ({ line }, answer) => checkTranslation(line, answer, manner),
      onDone: (shared, outcome) => {
        const { key, followers } = shared;
        for (const { index, time } of [shared, ...followers]) {
          const { id } = lines[index] as SourceLine;
          if (!("error" in outcome)) {
            keep(memory, key, time, { wordings: outcome.value, warnings: outcome.warnings });
          }
          put(index, lineFrom(id, outcome));
        }
        tell();
      },
    },
    call,
  );
  return { lines: translated, usage, warnings: warningsOf(translated) };
}

/** Puts what needs no question, and returns what does. */
function groupMissing(
  lines: readonly SourceLine[],
  manner: TranslationManner,
  {
    asker,
    memory,
    put,
  }: {
    readonly asker: Asker;
    readonly memory: TranslationMemory;
    readonly put: (index: number, line: TranslatedLine) => void;
  },
): readonly SharedLine[] {
  const missing: SharedLine[] = [];
  const byKey = new Map<string, SharedLine[]>();
  for (const [index, line] of lines.entries()) {
    if (line.text.trim() === "") {
      put(index, { id: line.id, error: blankError() });
      continue;
    }
    const key = lineKey(line, manner, asker.version);
    const time = timeClass(line.seconds);
    const kept = recall(memory, key, time);
    if (kept !== undefined) {
      put(index, { id: line.id, isRemembered: true, ...kept });
      continue;
    }
    const alike = byKey.get(key) ?? [];
    byKey.set(key, alike);
    const shared = alike.find((one) => isNear(one.time, time));
    if (shared !== undefined) shared.followers.push({ index, time });
    else {
      const first: SharedLine = { line, index, key, time, followers: [] };
      alike.push(first);
      missing.push(first);
    }
  }
  return missing;
}

function lineFrom(id: string, outcome: Outcome<Wordings>): TranslatedLine {
  if ("error" in outcome) return { id, error: outcome.error };
  const { value: wordings, warnings } = outcome;
  return { id, wordings, isRemembered: false, warnings };
}

function warningsOf(lines: readonly TranslatedLine[]): readonly string[] {
  const failed = lines.filter((line) => "error" in line).length;
  const doubtful = lines.filter((line) => "warnings" in line && line.warnings.length > 0).length;
  return [
    ...(failed > 0 ? [`${failed} of ${lines.length} lines could not be translated.`] : []),
    ...(doubtful > 0 ? [`${doubtful} of ${lines.length} translated lines want a look.`] : []),
  ];
}

function blankError(): DubberError {
  return new DubberError("invalid_text", "The line has no text to translate.", {
    hint: "Delete it, or write what is said.",
  });
}

function checkPace(pace: number): void {
  if (pace > 0 && pace < Number.POSITIVE_INFINITY) return;
  throw new DubberError(
    "invalid_options",
    `The pace is ${pace} characters a second; it must be above 0.`,
  );
}
