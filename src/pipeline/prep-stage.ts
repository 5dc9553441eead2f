/** The first stage: finds, hears or translates the text to speak, and lays it out for a person to review. */
import { join } from "node:path";
import { writeFileAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import type { DubberError } from "../core/error.ts";
import { hashBytes } from "../core/hash.ts";
import { matchReview } from "../subtitles/match-review.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import { toSegments } from "../subtitles/segments.ts";
import { formatSegments } from "../subtitles/segments-json.ts";
import { formatSrt } from "../subtitles/srt.ts";
import { type GivenText, readGiven } from "./given-text.ts";
import { correctedSources } from "./laid-out.ts";
import type { CheckedOptions } from "./options.ts";
import { type PrepFacts, prepFactsSchema } from "./prep-facts.ts";
import { editedFile, layOut, type ReviewedFile, readReviewedFile } from "./reviewed-file.ts";
import { openRunMemory } from "./run-memory.ts";
import { findSaid, type Origin, type SaidText } from "./said-text.ts";
import type { StageInput } from "./stage-input.ts";
import type { StageRecord } from "./state.ts";
import { polishModel, translationModel } from "./text-models.ts";
import { billedAsker } from "./text-prices.ts";
import {
  isUntranslated,
  type PreparedLine,
  readTranslation,
  writeTranslation,
} from "./translation-file.ts";

/**
 * Writes `subs.srt` (what will be said, for review), `translation.json` (the same with ids, speakers and other wordings), and where the
 * original's text is known `segments_raw.json` and `subs.<language>.srt`. A file the person has edited is never written.
 *
 * @returns facts {@link prepFactsSchema}, and `sourceSubs`, `stream` for the burn stage.
 * @throws DubberError `text_missing`, `edited_file`, `invalid_text`, `not_found`, `nothing_heard`; what recognisers and models fail with.
 */
export async function prepStage(input: StageInput, call: Call = {}): Promise<StageRecord> {
  const { work, options } = input;
  const [target, source] = await Promise.all([
    options.subs === undefined ? undefined : readGiven(options.subs),
    options.sourceSubs === undefined ? undefined : readGiven(options.sourceSubs),
  ]);
  const last = work.lastRecord("prep", options.to ?? "");
  const before = prepFactsSchema.safeParse(last?.facts ?? {}).data ?? {};
  const translationPath = join(work.languageRoot, "translation.json");
  const prepared = await readTranslation(translationPath);
  const subsPath = join(work.languageRoot, "subs.srt");
  const written = [before.subs, hashBytes(formatSrt(prepared))];
  const file = await readReviewedFile(subsPath, written);
  const corrected = await correctedSources(work.root);
  const fingerprint = work.fingerprint({
    to: options.to,
    sourceLanguage: options.sourceLanguage,
    subs: target && hashBytes(target),
    sourceSubs: source && hashBytes(source),
    // What the person corrected in the original is translated anew.
    ...(corrected.length > 0 && { corrected }),
    ...(await askedFor(options)),
  });

  return await work.stage("prep", options.to ?? "", {
    fingerprint,
    // A person's file is never part of what this stage vouches for; only its absence makes it run again.
    isStale: file.bytes === undefined,
    async run() {
      const models = [translationModel(options), polishModel(options)];
      const memory = await openRunMemory(work.root, options, models);
      try {
        const said = await findSaid(
          {
            ...input,
            ...(await askers(
              input,
              isFinished(file, prepared) ? madeInVain(file.path) : undefined,
            )),
            scratch: work.languageRoot,
            given: { target, source },
            reviewed: file.bytes,
            ...{ before: before.origin ?? originOf(prepared), prepared },
            done: translatedByPerson(prepared, file),
            memory,
            isCorrected: corrected.length > 0,
          },
          call,
        );
        return await write(input, said, { file, before, prepared, translationPath });
      } finally {
        await memory.flush();
      }
    },
  });
}

/** Where the text came from, when a run was killed before it could be noted: only translations know their source. */
function originOf(prepared: readonly PreparedLine[]): Origin | undefined {
  return prepared.some(({ source }) => source !== undefined) ? "translated" : undefined;
}

/** What recognition and translation depend on, for the fingerprint; empty where neither is asked for. */
async function askedFor(options: CheckedOptions): Promise<Readonly<Record<string, unknown>>> {
  const model = translationModel(options);
  const { stt, sttModel, speakers, audioStream, denoise, style, formality, glossary } = options;
  return {
    ...(stt !== "auto" && { stt }),
    ...{ sttModel, audioStream, ...(speakers !== "auto" && { speakers }) },
    ...(denoise && { denoise }),
    ...(model !== undefined && {
      translation: [model, style, formality, options.gender],
      glossary: glossary && hashBytes(await readGiven(glossary)),
    }),
    polish: polishModel(options),
  };
}

/** @param refusal thrown instead of asking for a translation that would find no place. */
async function askers({ options, setup, bill }: StageInput, refusal: DubberError | undefined) {
  const open = async (model: string | undefined) =>
    model === undefined ? undefined : billedAsker(await setup.text.asker(model), bill, options);
  const translator = await open(translationModel(options));
  const isRefused = translator !== undefined && refusal !== undefined;
  return {
    translator: isRefused ? { ...translator, ask: () => Promise.reject(refusal) } : translator,
    polisher: await open(polishModel(options)),
  };
}

/** A translation the person has edited, with no line left to translate: whatever is asked now would replace it. */
function isFinished({ isEdited }: ReviewedFile, prepared: readonly PreparedLine[]): boolean {
  return isEdited && prepared.length > 0 && !prepared.some(isLeft);
}

/** Whether nobody could translate a line. A mark alone says nothing: others write it for what they could not hear. */
function isLeft({ error }: PreparedLine): boolean {
  return error !== undefined;
}

/** Lines nobody could translate, and a person has. */
function translatedByPerson(
  prepared: readonly PreparedLine[],
  { bytes, isEdited }: ReviewedFile,
): ReadonlySet<string> {
  const failed = prepared.filter(isLeft);
  if (!isEdited || bytes === undefined || failed.length === 0) return new Set();
  const { cues } = parseSubtitles(bytes, { name: "subs.srt" });
  const reviewed = matchReview(prepared, toSegments(cues)).segments;
  const texts = new Map(reviewed.map((segment) => [segment.id, segment]));
  const isDone = ({ id }: PreparedLine): boolean => {
    const segment = texts.get(id);
    return segment === undefined || !isUntranslated(segment);
  };
  return new Set(failed.filter(isDone).map(({ id }) => id));
}

type Known = {
  readonly file: ReviewedFile;
  readonly before: PrepFacts;
  readonly prepared: readonly PreparedLine[];
  readonly translationPath: string;
};

async function write(
  { work, options }: StageInput,
  said: SaidText,
  { file, before, prepared, translationPath }: Known,
) {
  const { original, isHeard } = said;
  const subs = formatSrt(said.lines);
  // The same text as before may have been reworded, or spoken by others: that changes nothing a person has written.
  const isNew = hashBytes(subs) !== (before.subs ?? hashBytes(formatSrt(prepared)));
  const theirs = file.isEdited && hashBytes(file.bytes ?? "") !== hashBytes(subs);
  if (theirs && options.subs !== undefined) throw givenInVain(file.path, options.subs);
  const isMade = said.origin === "translated" || said.origin === "original";
  if (theirs && isMade && isNew && !isOnlyMore(prepared, said.lines)) {
    throw madeInVain(file.path);
  }
  await writeTranslation(translationPath, said.lines);
  const hash = await layOut({ ...file, isEdited: theirs }, subs);
  const outputs = [translationPath];
  if (original !== undefined && !isHeard)
    outputs.push(...(await writeOriginal(work.languageRoot, original, before.original)));
  const done = translatedByPerson(said.lines, { ...file, isEdited: theirs });
  const untranslated = said.lines.filter(isLeft).length - done.size;
  return {
    outputs,
    warnings: said.warnings,
    facts: {
      // What this stage wrote; while the file still reads so, nobody has edited it.
      ...(theirs ? { subs: before.subs } : { subs: hash }),
      language: options.to ?? said.language ?? before.language,
      sourceLanguage: options.sourceLanguage ?? original?.language ?? before.sourceLanguage,
      origin: said.origin,
      // A track of its own only where the video does not carry it already.
      ...(options.sourceSubs !== undefined && original && { sourceSubs: nameOf(original) }),
      ...(original !== undefined &&
        !isHeard && { original: hashBytes(formatSrt(original.segments)) }),
      stream: said.stream,
      ...(untranslated > 0 && { untranslated }),
    },
    isComplete: untranslated === 0,
  };
}

/** Whether all that is new are lines that could not be translated before. */
function isOnlyMore(before: readonly PreparedLine[], now: readonly PreparedLine[]): boolean {
  const known = new Map(before.map((line) => [line.id, line]));
  return now.every((line) => {
    const old = known.get(line.id);
    return old !== undefined && (old.text === line.text || isLeft(old));
  });
}

/** @param written hash of what was laid out last time; a file that reads otherwise is the person's. */
async function writeOriginal(
  folder: string,
  original: GivenText,
  written: string | undefined,
): Promise<readonly string[]> {
  const rawPath = join(folder, "segments_raw.json");
  await writeFileAtomic(rawPath, formatSegments(original.segments));
  const subs = formatSrt(original.segments);
  const file = await readReviewedFile(join(folder, nameOf(original)), [written, hashBytes(subs)]);
  const isWritten = (await layOut(file, subs)) !== undefined;
  return isWritten ? [rawPath, file.path] : [rawPath];
}

function nameOf({ language }: GivenText): string {
  return `subs.${language ?? "original"}.srt`;
}

function givenInVain(path: string, given: string) {
  return editedFile(
    path,
    given,
    `To keep the edits leave out --subs; to take ${given} delete or rename ${path} first.`,
  );
}

function madeInVain(path: string) {
  return editedFile(
    path,
    "a new text",
    `To keep the edits go on with \`dubber synth\`, or take back what has changed since: options, or the original's words; to take the new text delete or rename ${path} first.`,
  );
}
