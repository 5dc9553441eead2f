/** Files that go beside the output: stems, and subtitles where the container holds none. */
import { copyFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { writeFileThrough } from "../core/atomic-file.ts";
import type { CheckedOptions } from "./options.ts";
import type { WorkDirectory } from "./work-directory.ts";

/**
 * Copies what was asked for beside `output`: `<name>.speech.wav`, `<name>.background.wav`, `<name>.srt`.
 *
 * @returns the paths that were written.
 */
export async function copySidecars(
  { languageRoot }: WorkDirectory,
  { stems }: CheckedOptions,
  output: string,
  { subtitles }: { readonly subtitles: boolean },
): Promise<readonly string[]> {
  const stem = join(dirname(output), basename(output, extname(output)));
  const copies: (readonly [from: string, to: string])[] = [];
  if (stems) {
    copies.push(
      [join(languageRoot, "speech.wav"), `${stem}.speech.wav`],
      [join(languageRoot, "background.wav"), `${stem}.background.wav`],
    );
  }
  if (subtitles) copies.push([join(languageRoot, "spoken.srt"), `${stem}.srt`]);
  for (const [from, to] of copies) {
    await writeFileThrough(to, (temporaryPath) => copyFile(from, temporaryPath));
  }
  return copies.map(([, to]) => to);
}
