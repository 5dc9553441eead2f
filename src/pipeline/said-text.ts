/** Decides what the dub will say: text that is there, what the person reviewed, or what is heard and translated. */
import { basename } from "node:path";
import type { Asker } from "../chat/chat-model.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { isReadAs, languageName } from "../core/language.ts";
import type { Segment } from "../core/segment.ts";
import type { SubtitleStream } from "../media/probe.ts";
import type { TranslationMemory } from "../translation/contract.ts";
import { findOriginal, findTarget } from "./find-text.ts";
import { type GivenText, languageOf, readText, type TextSource } from "./given-text.ts";
import { hearText } from "./heard-text.ts";
import type { CheckedOptions } from "./options.ts";
import { gendersOf } from "./speaker-genders.ts";
import { spokenPace } from "./spoken-pace.ts";
import type { StageInput } from "./stage-input.ts";
import { readManner, translateText } from "./translate-text.ts";
import type { PreparedLine } from "./translation-file.ts";

export type SaidInput = StageInput &
  TextSource & {
    /** Contents of the files the options name. */
    readonly given: {
      readonly target: Uint8Array | undefined;
      readonly source: Uint8Array | undefined;
    };
    /** What a person may have reviewed, as it is on disk. */
    readonly reviewed: Uint8Array | undefined;
    /** Where the text came from last time, and how it was prepared then. */
    readonly before: Origin | undefined;
    readonly prepared: readonly PreparedLine[];
    /** Lines the person has translated. */
    readonly done: ReadonlySet<string>;
    readonly translator: Asker | undefined;
    readonly polisher: Asker | undefined;
    readonly memory: TranslationMemory;
    /** Whether the person has corrected what was heard. */
    readonly isCorrected: boolean;
  };

/** `given`: a file, a stream. `reviewed`: subs.srt itself. `original`: the original's own words. `translated`: those, translated. */
export type Origin = "given" | "reviewed" | "original" | "translated";

export type SaidText = {
  readonly lines: readonly PreparedLine[];
  readonly language: string | undefined;
  readonly origin: Origin;
  /** The video's own stream it came from, if it did. */
  readonly stream?: number;
  readonly warnings: readonly string[];
  /** What the original says, where it is known. */
  readonly original?: GivenText;
  readonly isHeard: boolean;
};

/**
 * Text in the dub's language that is there wins; else the original's words are found or heard, and translated where the languages
 * differ and a model is named; else what was reviewed before stays.
 *
 * @throws DubberError `text_missing` when there is no text and no way to it; what recognisers and models fail with.
 */
export async function findSaid(input: SaidInput, call: Call = {}): Promise<SaidText> {
  const { options, given, reviewed, before } = input;
  const target = await findTarget(input, given.target, call);
  if (target !== undefined) {
    const original = await findOriginal(input, given.source, target, call);
    const { segments: lines, ...text } = target;
    const warnings = [...text.warnings, ...(original?.warnings ?? [])];
    return {
      ...text,
      lines,
      warnings,
      origin: "given",
      isHeard: false,
      ...(original && { original }),
    };
  }
  const isOurs = before === "original" || before === "translated";
  // What somebody brought is not replaced by what would have to be paid for, unless they say so.
  const isKept = !isOurs && !options.force.includes("prep") && given.source === undefined;
  if (reviewed !== undefined && isKept) {
    const original = await findOriginal(input, given.source, undefined, call);
    return {
      lines: readText(reviewed, "subs.srt").segments,
      ...{ language: undefined, origin: "reviewed", isHeard: false },
      warnings: [...(original?.warnings ?? []), ...notAsked(input)],
      ...(original && { original }),
    };
  }
  const found = await findOriginal(input, given.source, undefined, call);
  // Nobody is named who could translate it again: the translation there is stays, and nobody listens in vain.
  const isDone = before === "translated" && input.translator === undefined && found === undefined;
  if (reviewed !== undefined && isDone) return keepPrepared(input, before);
  try {
    const original = found ?? (await hear(input, call));
    return await sayOriginal(input, original, found === undefined, call);
  } catch (error) {
    const isMissing = error instanceof DubberError && error.code === "text_missing";
    if (reviewed === undefined || !isOurs || !isMissing) throw error;
    return keepPrepared(input, before);
  }
}

/** What an earlier run prepared, when this one names nobody who could make it anew. */
function keepPrepared({ options, prepared, isCorrected }: SaidInput, origin: Origin): SaidText {
  const warnings = isCorrected
    ? [
        "What you corrected in the original is not translated: name --translation-model or --translate.",
      ]
    : [];
  return { lines: prepared, language: options.to, origin, isHeard: true, warnings };
}

/** A text somebody brought stays, also where this run would rather listen or translate. */
function notAsked({ options, translator }: SaidInput): readonly string[] {
  if (options.stt === "auto" && translator === undefined) return [];
  return ["subs.srt is used as it stands; --force prep hears and translates the video instead."];
}

async function hear(input: SaidInput, call: Call): Promise<GivenText> {
  const { options } = input;
  try {
    return await hearText(input, call);
  } catch (error) {
    throw withoutRecognizer(options, (await input.info()).subtitles, error);
  }
}

/** In the original's own words where that is the language, else translated. */
async function sayOriginal(
  input: SaidInput,
  original: GivenText,
  isHeard: boolean,
  call: Call,
): Promise<SaidText> {
  const { options, translator } = input;
  const { to } = options;
  if (to === undefined && options.translate) throw noTarget();
  const { language: from, segments, warnings } = original;
  const isSame = to === undefined || (from !== undefined && isReadAs(from, to));
  if (isSame) {
    return {
      lines: segments,
      language: to ?? from,
      origin: "original",
      warnings,
      original,
      isHeard,
    };
  }
  if (translator === undefined) throw notTranslated(options, from);
  const manner = await readManner(options, {
    ...{ from, to },
    pace: await spokenPace(input.work.languageRoot, to),
    genders: await gendersOf(input.work.root, options, speakersIn(segments)),
  });
  const translated = await translateText({ ...input, asker: translator, segments, manner }, call);
  return {
    lines: translated.lines,
    ...{ language: to, origin: "translated", original, isHeard },
    warnings: [...warnings, ...translated.warnings],
  };
}

function speakersIn(segments: readonly Segment[]): ReadonlySet<string> {
  return new Set(segments.map(({ speaker }) => speaker ?? ""));
}

/**
 * What a person hears when listening fails: where nobody asked for a recogniser and none is installed, what is missing is the text.
 *
 * @param error what opening the recogniser threw.
 */
export function withoutRecognizer(
  options: CheckedOptions,
  streams: readonly SubtitleStream[],
  error: unknown,
): unknown {
  const isByItself = options.stt === "auto" && options.sttModel === undefined;
  const isMissing = error instanceof DubberError && error.code === "model_missing";
  return isByItself && isMissing ? textMissing(options, streams, error) : error;
}

function noTarget(): DubberError {
  return new DubberError("invalid_options", "--translate does not say into which language.", {
    hint: "Name it with --to, e.g. --to es.",
  });
}

export function notTranslated(
  { video, to = "" }: CheckedOptions,
  from: string | undefined,
): DubberError {
  const source = from === undefined ? "the original's language" : languageName(from);
  return new DubberError(
    "text_missing",
    `The text of ${basename(video)} is in ${source}, and nobody is named to translate it into ${languageName(to)}.`,
    {
      hint: "Name a chat model with --translation-model (--translate takes gpt-4o-mini), or give the translation with --subs.",
    },
  );
}

function textMissing(
  options: CheckedOptions,
  streams: readonly SubtitleStream[],
  cause: DubberError,
): DubberError {
  const wanted = options.to === undefined ? "" : ` in ${languageName(options.to)}`;
  const there = streams.map((stream) => languageOf(stream)).filter((tag) => tag !== undefined);
  const found =
    there.length > 0 ? ` Its own subtitles are in ${there.map(languageName).join(", ")}.` : "";
  return new DubberError(
    "text_missing",
    `There is no text${wanted} to speak for ${basename(options.video)}.${found}`,
    {
      hint: `Give it with --subs FILE (SRT, VTT, ASS or segments JSON)${
        options.to === undefined ? " and name its language with --to" : ""
      }, or have it recognised: \`dubber models pull whisper-base\` for a recogniser on this machine, --stt openai for a service.`,
      cause,
    },
  );
}
