/** Where the work of a video is kept, as the command line was told. */
import { defaultWorkDirectory } from "../pipeline/work-directory.ts";
import { currentFolder } from "./paths.ts";
import type { World } from "./world.ts";

/** The folder that was typed, or `.work/<name>` in the folder the command runs in. */
export function workDirectoryOf(
  video: string,
  workdir: string | undefined,
  world: Pick<World, "directory">,
): string {
  return workdir ?? defaultWorkDirectory(video, currentFolder(world));
}
