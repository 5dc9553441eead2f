/** What stands for review: every line with its time, its source, and whether it can be read and spoken in that time. Changes nothing. */
import { access, readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DubberError, describeFileError } from "../core/error.ts";
import { checkReadableFile } from "../core/readable-file.ts";
import type { Seconds, Segment } from "../core/segment.ts";
import { widthOf } from "../subtitles/line-units.ts";
import { matchReview, type ReviewChanges } from "../subtitles/match-review.ts";
import { oneLine } from "../subtitles/one-line.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import { toSegments } from "../subtitles/segments.ts";
import { parseSegments } from "../subtitles/segments-json.ts";
import { speakingCharacters } from "../translation/pace.ts";
import { readLaidOut, sourceName } from "./laid-out.ts";
import { checkOptions, type DubOptions } from "./options.ts";
import { type PlanFile, readPlan } from "./plan-file.ts";
import { prepFactsSchema } from "./prep-facts.ts";
import { spokenPace } from "./spoken-pace.ts";
import { readState } from "./state.ts";
import { isUntranslated, type PreparedLine, readTranslation } from "./translation-file.ts";
import { defaultWorkDirectory } from "./work-directory.ts";

/** Whose text, and where it was laid out; as for a dub. */
export type ReviewOptions = Pick<DubOptions, "video" | "to" | "workdir">;

/** One line of `subs.srt`, in the order of the file. */
export type ReviewRow = Segment & {
  /** What the original says there, where that is known. */
  readonly source?: string;
  /** To read; a Chinese, Japanese or Korean character counts as two. */
  readonly charactersPerSecond: number;
  /** Seconds it is likely to take to say at the voice's own pace, over the seconds of the line: above 1 it has to hurry or to borrow silence. */
  readonly fit: number;
  readonly status: "as prepared" | "edited" | "new" | "not translated";
  /** How the last plan has the line it is in; absent where that was not spoken in these very words. */
  readonly spoken?: { readonly tempo: number; readonly overrun: Seconds };
};

/** Where the files under review are. */
export type ReviewPlace = {
  readonly video: string;
  readonly workdir: string;
  readonly languageDirectory: string;
  /** Of the dub; BCP 47, where it is known. */
  readonly language?: string;
  /** The file a person edits. */
  readonly path: string;
  /** The same for the original's words, where they were heard. */
  readonly sourcePath?: string;
};

/** The text as it stands now, line by line, and what a person has changed in it. */
export type Review = ReviewPlace & {
  readonly rows: readonly ReviewRow[];
  /** Against what was prepared. */
  readonly changes: ReviewChanges;
  readonly warnings: readonly string[];
};

/**
 * Finds what `prep` has laid out, without reading it.
 *
 * @throws DubberError `text_missing` before `prep`, `not_found`, `work_directory_foreign`, `work_directory_corrupt`.
 */
export async function findReview(options: ReviewOptions): Promise<ReviewPlace> {
  const { video, to, workdir } = checkOptions(options);
  const { size } = await checkReadableFile(video);
  const root = resolve(workdir ?? defaultWorkDirectory(video));
  const folder = join(root, to ?? "");
  const path = join(folder, "subs.srt");
  const { source, stages } = await readState(join(root, "dub.json"));
  // A file of another size is another video; whether one of the same size is, the next run finds out.
  if (source !== undefined && source.sizeBytes !== size) throw foreign(root, source.path);
  if (!(await isThere(path))) throw await textMissing(path, root);
  const record = stages[to === undefined ? "prep" : `${to}/prep`];
  const facts = prepFactsSchema.safeParse(record?.facts ?? {}).data ?? {};
  const language = to ?? facts.language;
  const name = sourceName(facts.sourceLanguage);
  const heard = join(root, name);
  const wasHeard = (await readLaidOut(root))[name] !== undefined;
  return {
    ...{ video: resolve(video), workdir: root, languageDirectory: folder, path },
    ...(language !== undefined && { language }),
    ...(wasHeard && (await isThere(heard)) && { sourcePath: heard }),
  };
}

/**
 * Reads what `prep` has laid out and what a person has made of it. Takes no lock: it may look while a run goes on.
 *
 * @throws DubberError as {@link findReview}; `invalid_text` for a file that cannot be read any more.
 */
export async function review(options: ReviewOptions): Promise<Review> {
  const place = await findReview(options);
  const { languageDirectory: folder, path, language } = place;
  const prepared = await readTranslation(join(folder, "translation.json"));
  const { cues, warnings } = parseSubtitles(await read(path), { name: path });
  const { segments, changes } = matchReview(prepared, toSegments(cues));
  const original = await readOriginal(place);
  const plan = await readPlan(join(folder, "plan.json")).catch(() => undefined);
  const pace = await spokenPace(folder, language ?? "und");
  const known = new Map(prepared.map((line) => [line.id, line]));
  const spoken = spokenSegments(plan, segments);
  return {
    ...place,
    rows: segments.map((segment) => {
      const before = known.get(segment.id);
      const source = before?.source ?? textIn(original, segment);
      const how = spoken.get(segment.id);
      const seconds = segment.end - segment.start;
      return {
        ...segment,
        ...(source !== undefined && { source }),
        charactersPerSecond: widthOf(oneLine(segment.text)) / seconds,
        fit: speakingCharacters(segment.text) / pace / seconds,
        status: statusOf(segment, before),
        ...(how !== undefined && { spoken: how }),
      };
    }),
    changes,
    warnings,
  };
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw describeFileError(error, path);
  }
}

async function textMissing(path: string, root: string): Promise<DubberError> {
  const others = await languagesIn(root);
  return new DubberError("text_missing", `There is no text to review yet (${path}).`, {
    hint:
      others.length > 0
        ? `There is one for --to ${others.join(", --to ")}.`
        : "Run `dubber prep VIDEO` first: it lays out the text.",
  });
}

/** The folders of languages that hold a text. */
async function languagesIn(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) => ((await isThere(join(root, name, "subs.srt"))) ? [name] : [])),
  );
  return found.flat().toSorted();
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** The original's words: heard ones as they stand for review, given ones as they lie beside the dub's. */
async function readOriginal({
  sourcePath: heard,
  languageDirectory,
}: ReviewPlace): Promise<readonly Segment[]> {
  try {
    if (heard === undefined) {
      const path = join(languageDirectory, "segments_raw.json");
      return parseSegments(await readFile(path, "utf8"));
    }
    return toSegments(parseSubtitles(await readFile(heard), { name: heard }).cues);
  } catch {
    // It stands beside the translation to help; whoever needs it says what is wrong with it.
    return [];
  }
}

type Span = { readonly start: Seconds; readonly end: Seconds };

/** What is said in a span: everything that has its middle there. */
function textIn(original: readonly Segment[], { start, end }: Span): string | undefined {
  const inside = original.filter((one) => {
    const middle = (one.start + one.end) / 2;
    return start <= middle && middle < end;
  });
  return inside.length === 0 ? undefined : inside.map(({ text }) => oneLine(text)).join(" ");
}

/** The segments of those lines of the last plan that still say what they said then, by id. */
function spokenSegments(plan: PlanFile | undefined, segments: readonly Segment[]) {
  const now = new Map(segments.map(({ id, text }) => [id, text]));
  const found = new Map<string, NonNullable<ReviewRow["spoken"]>>();
  for (const { segments: parts, tempo, overrun } of plan?.lines ?? []) {
    const isSame = parts.every(
      ({ id, text, reviewed }) => now.get(id ?? "") === (reviewed ?? text),
    );
    for (const { id } of isSame ? parts : [])
      if (id !== undefined) found.set(id, { tempo, overrun });
  }
  return found;
}

function statusOf(segment: Segment, before: PreparedLine | undefined): ReviewRow["status"] {
  if (isUntranslated(segment)) return "not translated";
  if (before === undefined) return "new";
  return before.text === segment.text ? "as prepared" : "edited";
}

function foreign(root: string, owner: string): DubberError {
  return new DubberError(
    "work_directory_foreign",
    `The work directory ${root} belongs to another video (${owner}), or that video has changed.`,
    { hint: "Name the right one with --workdir." },
  );
}
