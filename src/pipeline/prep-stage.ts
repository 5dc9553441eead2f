/** The first stage: finds the text to speak and lays it out for a person to review. It recognises and translates nothing. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { hashBytes } from "../core/hash.ts";
import { languageName } from "../core/language.ts";
import type { MediaInfo, SubtitleStream } from "../media/probe.ts";
import type { Tools } from "../media/tools.ts";
import { formatSegments, parseSegments } from "../subtitles/segments-json.ts";
import { formatSrt } from "../subtitles/srt.ts";
import {
  findBeside,
  type GivenText,
  isLanguage,
  languageOf,
  readGiven,
  readStream,
  readText,
  type TextSource,
} from "./given-text.ts";
import type { CheckedOptions } from "./options.ts";
import type { StageRecord } from "./state.ts";
import type { WorkDirectory } from "./work-directory.ts";

export type PrepInput = {
  readonly work: WorkDirectory;
  readonly options: CheckedOptions;
  readonly tools: () => Promise<Tools>;
  readonly info: () => Promise<MediaInfo>;
};

/**
 * Writes `subs.srt` (what will be said, for review), `translation.json` (the same with ids and speakers), and where the original's
 * text is known `segments_raw.json` and `subs.<language>.srt`.
 *
 * @returns facts `language` (of the dub, may be missing), `sourceLanguage`, `stream` (subtitle stream that was used).
 * @throws DubberError `text_missing`, `edited_file`, `invalid_text`, `not_found`.
 */
export async function prepStage(input: PrepInput, call: Call = {}): Promise<StageRecord> {
  const { work, options } = input;
  const subsPath = join(work.languageRoot, "subs.srt");
  const [target, source] = await Promise.all([
    options.subs === undefined ? undefined : readGiven(options.subs),
    options.sourceSubs === undefined ? undefined : readGiven(options.sourceSubs),
  ]);
  const reviewed = await readFile(subsPath).catch(() => undefined);
  const before = work.lastRecord("prep", options.to ?? "");
  const fingerprint = work.fingerprint({
    to: options.to,
    sourceLanguage: options.sourceLanguage,
    subs: target && hashBytes(target),
    sourceSubs: source && hashBytes(source),
  });

  return await work.stage("prep", options.to ?? "", {
    fingerprint,
    // A person's file is never part of what this stage vouches for; only its absence makes it run again.
    isStale: reviewed === undefined,
    async run() {
      const from = { ...input, scratch: work.languageRoot };
      const said = await findTarget(from, target, reviewed, call);
      const original = await findOriginal(from, source, said, call);
      const subs = formatSrt(said.segments);
      const translationPath = join(work.languageRoot, "translation.json");
      const ours = [before?.facts.subs, hashBytes(subs), await lastWritten(translationPath)];
      const isTheirs = reviewed !== undefined && !ours.includes(hashBytes(reviewed));
      if (isTheirs && options.subs !== undefined) throw editedFile(subsPath, options.subs);
      await writeFileAtomic(translationPath, formatSegments(said.segments));
      if (!isTheirs) await writeFileAtomic(subsPath, subs);
      const outputs = [translationPath];
      if (original !== undefined) {
        const rawPath = join(work.languageRoot, "segments_raw.json");
        const name = nameOf(original);
        await writeFileAtomic(rawPath, formatSegments(original.segments));
        await writeFileAtomic(join(work.languageRoot, name), formatSrt(original.segments));
        outputs.push(rawPath, join(work.languageRoot, name));
      }
      return {
        outputs,
        warnings: [...said.warnings, ...(original?.warnings ?? [])],
        facts: {
          // What this stage wrote; while the file still reads so, nobody has edited it.
          ...(isTheirs ? {} : { subs: hashBytes(subs) }),
          language: options.to ?? said.language,
          sourceLanguage: options.sourceLanguage ?? original?.language,
          // A track of its own only where the video does not carry it already.
          ...(source !== undefined && { sourceSubs: nameOf(original) }),
          stream: said.stream,
        },
      };
    },
  });
}

/** What a run that was interrupted before its record was saved left in `subs.srt`, as far as it can be told. */
async function lastWritten(translationPath: string): Promise<string | undefined> {
  try {
    return hashBytes(formatSrt(parseSegments(await readFile(translationPath, "utf8"))));
  } catch {
    return undefined;
  }
}

/**
 * The text to speak: what the options name, else a fitting subtitle stream of the video, else a file beside it.
 *
 * @throws DubberError `text_missing`, `invalid_text`, `not_found`.
 */
export async function findText(input: TextSource, call: Call = {}): Promise<GivenText> {
  const { subs } = input.options;
  return await findTarget(
    input,
    subs === undefined ? undefined : await readGiven(subs),
    undefined,
    call,
  );
}

async function findTarget(
  input: TextSource,
  given: Uint8Array | undefined,
  reviewed: Uint8Array | undefined,
  call: Call,
): Promise<GivenText> {
  const { options } = input;
  if (given !== undefined && options.subs !== undefined) return readText(given, options.subs);
  const info = await input.info();
  const streams = info.subtitles.filter(({ isText }) => isText);
  const wanted = streams.find(
    ({ language }) => options.to === undefined || isLanguage(language, options.to),
  );
  if (wanted !== undefined) return await readStream(input, wanted, call);
  if (reviewed !== undefined) return { ...readText(reviewed, "subs.srt"), language: undefined };
  const beside = options.to === undefined ? undefined : await findBeside(options.video, options.to);
  if (beside !== undefined) return readText(await readGiven(beside), beside);
  throw textMissing(options, streams);
}

/** The original's text: what the person gave, else a subtitle stream that is not in the dub's language. */
async function findOriginal(
  input: TextSource,
  given: Uint8Array | undefined,
  said: GivenText,
  call: Call,
): Promise<GivenText | undefined> {
  const { options } = input;
  if (given !== undefined && options.sourceSubs !== undefined) {
    const text = readText(given, options.sourceSubs);
    return { ...text, language: options.sourceLanguage ?? text.language };
  }
  const { subtitles } = await input.info();
  const target = options.to ?? said.language;
  const other = subtitles.find(
    ({ index, isText, language }) =>
      isText &&
      index !== said.stream &&
      (options.sourceLanguage === undefined
        ? language !== undefined && (target === undefined || !isLanguage(language, target))
        : isLanguage(language, options.sourceLanguage)),
  );
  return other === undefined ? undefined : await readStream(input, other, call);
}

function nameOf(original: GivenText | undefined): string {
  return `subs.${original?.language ?? "original"}.srt`;
}

function textMissing(options: CheckedOptions, streams: readonly SubtitleStream[]): DubberError {
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
      }. Recognition and translation are not part of this version.`,
    },
  );
}

function editedFile(path: string, given: string): DubberError {
  return new DubberError("edited_file", `${path} was edited, so ${given} does not replace it.`, {
    hint: `To keep the edits leave out --subs; to take ${given} delete or rename ${path} first.`,
  });
}
