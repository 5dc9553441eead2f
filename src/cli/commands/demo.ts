/** `dubber demo`: the bundled speech in Spanish and Russian, from one work directory. */
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DubberError } from "../../core/error.ts";
import { makeDirectory } from "../../core/make-directory.ts";
import { dub } from "../../pipeline/dub.ts";
import { type Action, runContextOf } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { shownPath } from "../paths.ts";
import { openProgressBoard } from "../progress.ts";

const languages = ["es", "ru"] as const;

export const demoCommand: Action = async (_args, values, context) => {
  const { output, world } = context;
  // Beside the sources and beside the built package alike.
  const media = fileURLToPath(new URL("../../../examples/demo/", import.meta.url));
  const video = join(media, "speech.mp4");
  await access(video).catch((cause: unknown) => {
    throw new DubberError("not_found", "The demo's video is not in this installation.", { cause });
  });
  const folder = resolve(String(values.out));
  await makeDirectory(folder);
  const outputs: string[] = [];
  for (const language of languages) {
    output.say(`\nJohn F. Kennedy, 1961, in ${language === "es" ? "Spanish" : "Russian"}:`);
    const job = dub(
      {
        video,
        to: language,
        subs: join(media, `speech.${language}.srt`),
        sourceLanguage: "en",
        workdir: join(folder, "work"),
        output: join(folder, `speech.${language}.mp4`),
        // The speaker pauses inside his sentence; phrase by phrase the dub follows him.
        alignMode: "segment",
        gender: "male",
        keepOriginal: true,
      },
      runContextOf(context),
    );
    const progress = openProgressBoard(output, world).open();
    for await (const event of job) progress.show(event);
    progress.end();
    outputs.push((await job.result).output as string);
  }
  output.say("\nOpen these, they speak another language now:");
  output.result(
    { status: "done", outputs },
    outputs.map((path) => shownPath(path, world)).join("\n"),
  );
  return exitCodes.done;
};
