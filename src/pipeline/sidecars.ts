/** Files that go beside the output: stems, and subtitles where the container holds none. */
import { copyFile, readFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { writeFileThrough } from "../core/atomic-file.ts";
import type { CheckedOptions } from "./options.ts";
import { isWhole } from "./state.ts";
import type { WorkDirectory } from "./work-directory.ts";

/**
 * Where the subtitles of a file go that cannot hold them: `<name>.srt`, which players find by themselves, or
 * `<name>.spoken.srt` where a file is that Dubber did not write, such as the text the dub was made from.
 */
export async function subtitlesBeside(
  work: WorkDirectory,
  { to = "" }: CheckedOptions,
  output: string,
): Promise<string> {
  const path = `${stemOf(output)}.srt`;
  const there = await readFile(path).catch(() => undefined);
  if (there === undefined) return path;
  const ours = work
    .lastRecord("burn", to)
    ?.outputs.find((one) => resolve(work.root, one.path) === path);
  if (ours !== undefined && (await isWhole(work.root, ours))) return path;
  const spoken = await readFile(join(work.languageRoot, "spoken.srt"));
  return spoken.equals(there) ? path : `${stemOf(output)}.spoken.srt`;
}

/**
 * Copies what was asked for beside `output`: `<name>.speech.wav`, `<name>.background.wav`, and the subtitles to `subtitles`.
 *
 * @returns the paths that were written.
 */
export async function copySidecars(
  { languageRoot }: WorkDirectory,
  { stems }: CheckedOptions,
  output: string,
  { subtitles }: { readonly subtitles: string | undefined },
): Promise<readonly string[]> {
  const stem = stemOf(output);
  const copies: (readonly [from: string, to: string])[] = [];
  if (stems) {
    copies.push(
      [join(languageRoot, "speech.wav"), `${stem}.speech.wav`],
      [join(languageRoot, "background.wav"), `${stem}.background.wav`],
    );
  }
  if (subtitles !== undefined) copies.push([join(languageRoot, "spoken.srt"), subtitles]);
  for (const [from, to] of copies) {
    await writeFileThrough(to, (temporaryPath) => copyFile(from, temporaryPath));
  }
  return copies.map(([, to]) => to);
}

function stemOf(output: string): string {
  return join(dirname(output), basename(output, extname(output)));
}
