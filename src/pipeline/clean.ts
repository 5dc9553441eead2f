/** Removes what Dubber wrote into a work directory, and nothing else: somebody may keep a video or a letter in there too. */
import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { removeLeftovers } from "../core/atomic-file.ts";
import { takeLock } from "../core/lock.ts";

/** Files of the directory itself. */
const shared =
  /^(dub\.json|(original|extracted)\.wav|segments_(raw|polished)\.json|voices\.json|memory\.jsonl|synth_async\.log)$/;
/** Files of one language. */
const ofLanguage =
  /^(subs(\.[A-Za-z0-9-]+)?\.srt|translation\.json|segments_raw\.json|sentences_groups\.json|plan\.json|report\.json|spoken\.srt|(new_audio|speech|background)\.wav)$/;
/** Folders are named by language; one without a finished stage is there as well. */
const language = /^[a-z]{2,3}(-[A-Za-z0-9]+)*$/;
/** Clips in `speech/` and `fitted/` are named by their content. */
const clip = /^[0-9a-f]{64}\.wav$/;
/** What was heard in the parts of the sound, in `recognition/`. */
const part = /^([0-9a-f]{64}|laid-out)\.json$/;
const texts = /^(title\.txt|description\.md|chapters\.txt|tags\.txt)$/;

/**
 * Cleans the work directory at `root`; a folder that is empty afterwards goes too.
 *
 * @throws DubberError `work_directory_locked` when a run is using it.
 */
export async function cleanWorkDirectory(root: string): Promise<void> {
  const lock = await takeLock(join(root, ".lock"));
  try {
    const names = await readdir(root);
    for (const scope of ["", ...names.filter((name) => language.test(name))]) {
      const folder = join(root, scope);
      for (const clips of ["speech", "fitted"]) await removeFrom(join(folder, clips), clip);
      await removeFrom(join(folder, "youtube"), texts);
      await removeFrom(folder, ofLanguage, scope !== "");
    }
    await removeFrom(join(root, "recognition"), part);
    await removeFrom(root, shared, false);
  } finally {
    await lock[Symbol.asyncDispose]();
  }
  await removeIfEmpty(root);
}

async function removeFrom(folder: string, names: RegExp, isGone = true): Promise<void> {
  await removeLeftovers(folder);
  const found = await readdir(folder).catch(() => []);
  for (const name of found) if (names.test(name)) await rm(join(folder, name), { force: true });
  if (isGone) await removeIfEmpty(folder);
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {
    // Not empty, or not there: either is fine.
  });
}
