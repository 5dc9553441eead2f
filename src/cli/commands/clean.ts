/** `dubber clean`: removes a work directory, and nothing that is not one. */
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DubberError } from "../../core/error.ts";
import { cleanWorkDirectory } from "../../pipeline/clean.ts";
import type { Action } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { workDirectoryOf } from "../work-directory-of.ts";

export const cleanCommand: Action = async ([video], values, { output, world }) => {
  const { workdir } = values;
  if (video === undefined && workdir === undefined) {
    throw new DubberError("usage", "Say which: `dubber clean VIDEO`, or --workdir FOLDER.");
  }
  const path = resolve(workDirectoryOf(video as string, workdir as string | undefined, world));
  const isOurs = await access(join(path, "dub.json")).then(
    () => true,
    () => false,
  );
  if (!isOurs) {
    output.say(
      `${path} is not a work directory of Dubber (it has no dub.json); nothing was removed.`,
    );
    output.result({ status: "done", removed: null }, "");
    return exitCodes.done;
  }
  await cleanWorkDirectory(path);
  output.say(`Removed what Dubber wrote into ${path}.`);
  output.result({ status: "done", removed: path }, "");
  return exitCodes.done;
};
