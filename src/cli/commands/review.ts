/** `dubber review`: shows the text that will be spoken, or opens it in the person's editor and says what came of it. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { DubberError } from "../../core/error.ts";
import { languageName } from "../../core/language.ts";
import { findReview, type Review, type ReviewOptions, review } from "../../pipeline/review.ts";
import { matchReview } from "../../subtitles/match-review.ts";
import { parseSubtitles } from "../../subtitles/parse.ts";
import { toSegments } from "../../subtitles/segments.ts";
import { askYesNo } from "../ask.ts";
import type { Action, CommandContext } from "../command-context.ts";
import { editFile, editorOf } from "../editor.ts";
import { exitCodes } from "../exit-codes.ts";
import { findFaultyLine } from "../faulty-line.ts";
import { shownPath } from "../paths.ts";
import { describeChanges, nextSteps } from "../review-changes.ts";
import { isTight, reviewTable, speedMark } from "../review-table.ts";
import { workDirectoryOf } from "../work-directory-of.ts";

/** Where nobody says how wide it is. */
const plainColumns = 120;

export const reviewCommand: Action = async ([video = ""], values, context) => {
  const { to, workdir, edit, source } = values as {
    readonly to?: string;
    readonly workdir?: string;
    readonly edit?: boolean;
    readonly source?: boolean;
  };
  const options: ReviewOptions = {
    video,
    ...(to !== undefined && { to }),
    workdir: workDirectoryOf(video, workdir, context.world),
  };
  if (source === true && edit !== true) {
    throw new DubberError("usage", "--source goes with --edit.", {
      hint: `dubber review ${video} --edit --source`,
    });
  }
  if (edit === true) return await editText(options, source === true ? "source" : "dub", context);
  showText(await review(options), context);
  return exitCodes.done;
};

function showText(found: Review, { output, world }: CommandContext): void {
  const { video, language, path, rows, changes, warnings } = found;
  const into = language === undefined ? "" : ` in ${languageName(language)}`;
  output.say(`${basename(video)}${into}: ${shownPath(path, world)}`);
  for (const warning of warnings) output.warn(warning);
  const columns = world.stdout.isTTY ? (world.stdout.columns ?? plainColumns) : plainColumns;
  output.result({ status: "done", ...found }, reviewTable(rows, columns));
  const remarks = remarksOn(rows);
  if (remarks !== "") output.say(remarks);
  const said = describeChanges(changes);
  if (said !== "") output.say(`Since prep: ${said} (~ edited, + new).`);
}

/** What the marks in the table say, as far as there are any. */
function remarksOn(rows: Review["rows"]): string {
  const translated = rows.filter(({ status }) => status !== "not translated");
  const slow = translated.filter((row) => speedMark(row) !== "").length;
  const tight = translated.filter(isTight).length;
  const open = rows.length - translated.length;
  return [
    ...(slow > 0 ? [`${slow} hard to read: over 17 characters a second (!!: over 20).`] : []),
    ...(tight > 0 ? [`${tight} too long for their time by more than a fifth (fit over 1.2).`] : []),
    ...(open > 0 ? [`${open} to be translated (?): replace what begins with [?].`] : []),
  ].join("\n");
}

/** @throws DubberError `text_missing`, `missing_tool`, `tool_failed`; `invalid_text` for what cannot be read back. */
async function editText(
  options: ReviewOptions,
  which: "dub" | "source",
  context: CommandContext,
): Promise<number> {
  const { output, env, world } = context;
  const found = await findReview(options);
  const path = which === "dub" ? found.path : found.sourcePath;
  if (path === undefined) {
    throw new DubberError("text_missing", `${basename(found.video)} was not listened to.`, {
      hint: "`dubber prep` listens where there is no text; what was given with --source-subs is edited in that file.",
    });
  }
  const isTerminal = world.stdin.isTTY === true && output.style === "people";
  const editor = editorOf(env, isTerminal);
  // A file that is broken already may be mended.
  const broken = await faultIn(path);
  const before = broken === undefined ? segmentsOf(await readFile(path), path) : undefined;
  await editUntilReadable(editor, path, isTerminal, context);
  const after = segmentsOf(await readFile(path), path);
  const now = await review(options);
  const changes = before === undefined ? now.changes : matchReview(before, after).changes;
  const steps = nextSteps(now, changes, which);
  const said = describeChanges(changes);
  output.say(said === "" ? "Nothing changed." : `Changed: ${said}.`);
  for (const step of steps) output.say(step);
  output.result({ status: "done", ...now, path, changes, next: steps }, "");
  return exitCodes.done;
}

async function editUntilReadable(
  editor: ReturnType<typeof editorOf>,
  path: string,
  isTerminal: boolean,
  { output, signal, world }: CommandContext,
): Promise<void> {
  while (true) {
    await editFile(editor, path, { world, isQuiet: output.style !== "people" });
    signal.throwIfAborted();
    const fault = await faultIn(path);
    if (fault === undefined) return;
    if (!isTerminal) throw fault;
    output.warn(fault.message);
    if (!(await askYesNo("Open it again?", world, { signal }))) throw fault;
  }
}

async function faultIn(path: string): Promise<DubberError | undefined> {
  const bytes = await readFile(path);
  const hint = `Run it again with --edit, or mend ${path} yourself; until then \`dubber synth\` cannot take it as it is meant.`;
  try {
    const fault = findFaultyLine(bytes);
    if (fault === undefined) {
      parseSubtitles(bytes, { name: path });
      return undefined;
    }
    const message = `Line ${fault.line} of ${path}: ${fault.problem}.`;
    return new DubberError("invalid_text", message, { hint });
  } catch (error) {
    if (!(error instanceof DubberError)) throw error;
    return new DubberError("invalid_text", error.message, { hint, cause: error });
  }
}

function segmentsOf(bytes: Uint8Array, name: string) {
  return toSegments(parseSubtitles(bytes, { name }).cues);
}
