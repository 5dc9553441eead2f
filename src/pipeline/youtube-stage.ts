/** The fourth stage: title, description, chapters and tags for YouTube. Reads what prep made; hears nothing, and writes into one folder only. */
import { basename, extname, join, resolve } from "node:path";
import { z } from "zod";
import type { Call } from "../core/call.ts";
import type { DubberError } from "../core/error.ts";
import { hashBytes } from "../core/hash.ts";
import type { VideoStory, VideoTexts } from "../youtube/contract.ts";
import { formatChapters, formatTags } from "../youtube/format.ts";
import { textsByModel } from "../youtube/model.ts";
import { textsByRules } from "../youtube/rules.ts";
import { editedFile, layOut, readReviewedFile } from "./reviewed-file.ts";
import { openReviewedText, type ReviewedText } from "./reviewed-text.ts";
import { outageWarning } from "./speaking-engines.ts";
import type { StageInput } from "./stage-input.ts";
import type { StageRecord } from "./state.ts";
import { youtubeModel } from "./text-models.ts";
import { billedAsker } from "./text-prices.ts";

export type YoutubeInput = StageInput & {
  /** Of the dub, as prep found it. */
  readonly language: string | undefined;
};

const factsSchema = z.object({ written: z.record(z.string(), z.string()).default({}) });

/**
 * Writes `title.txt`, `description.md`, `chapters.txt` and `tags.txt` into `youtube/` of the language's folder, or where the options say. A video
 * that cannot have chapters gets an empty `chapters.txt`.
 *
 * @returns facts `directory`, `written`: the hash of each file, and `noChapters`: why there are none.
 * @throws DubberError `text_missing` before prep; `edited_file` when a person's own words would be replaced; with `youtubeAi` what the
 *   model fails with for every question alike. An answer that is none is made up for by rules, with a warning.
 */
export async function youtubeStage(input: YoutubeInput, call: Call = {}): Promise<StageRecord> {
  const { work, options, setup, emit } = input;
  const scope = options.to ?? "";
  const directory = resolve(options.youtubeOutdir ?? join(work.languageRoot, "youtube"));
  const folder = await openReviewedText(work.languageRoot, {
    message: "There is no text yet to write about",
    hint: "Run `dubber prep VIDEO` first: it lays out the text.",
  });
  const { youtubeSource, youtubeGapThresh, youtubeTitle, noDisclosure } = options;
  const model = youtubeModel(options);
  const before = factsSchema.safeParse(work.lastRecord("youtube", scope)?.facts ?? {}).data;
  return await work.stage("youtube", scope, {
    fingerprint: work.fingerprint({
      ...folder.fingerprint,
      ...{ language: input.language, directory, model },
      ...{ youtubeSource, youtubeGapThresh, youtubeTitle, noDisclosure },
    }),
    async run() {
      // Nobody is asked for texts that would find no place.
      if (model !== undefined) await refuseEdited(directory, before?.written ?? {});
      const story = await tellStory(input, folder.read());
      const manner = {
        ...{ source: youtubeSource, gapThreshold: youtubeGapThresh, disclosure: !noDisclosure },
        ...(youtubeTitle !== undefined && { title: youtubeTitle }),
      };
      const endOutages = setup.onOutage((outage) =>
        emit(outageWarning(outage, "The language model", "youtube")),
      );
      try {
        const texts =
          model === undefined
            ? textsByRules(story, manner)
            : await textsByModel(story, { ...manner, asker: await openAsker(input, model) }, call);
        const written = await writeTexts(directory, texts, before?.written ?? {});
        const { reason } = texts.chapters;
        return {
          // A person may edit them: they are not what this stage vouches for.
          outputs: [],
          warnings: texts.warnings,
          facts: { directory, written, ...(reason !== undefined && { noChapters: reason }) },
        };
      } finally {
        endOutages();
      }
    },
    isStale: await isAnyMissing(directory),
  });
}

async function openAsker({ setup, bill, options }: YoutubeInput, model: string) {
  return billedAsker(await setup.text.asker(model), bill, options);
}

async function tellStory(
  { options, info, language }: YoutubeInput,
  { segments }: ReviewedText,
): Promise<VideoStory> {
  const { duration } = await info();
  const { video } = options;
  return {
    segments: segments.toSorted((a, b) => a.start - b.start),
    ...{ duration, name: basename(video, extname(video)) },
    ...(language !== undefined && { language }),
  };
}

const names = ["title.txt", "description.md", "chapters.txt", "tags.txt"] as const;

async function isAnyMissing(directory: string): Promise<boolean> {
  const files = await Promise.all(names.map((name) => readReviewedFile(join(directory, name), [])));
  return files.some(({ bytes }) => bytes === undefined);
}

/**
 * Writes all four, or, when a person has edited one that would change, none of them.
 *
 * @returns the hash of each file as it was made.
 */
async function writeTexts(
  directory: string,
  { title, description, chapters, tags }: VideoTexts,
  before: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const chapterLines = formatChapters(chapters.chapters);
  const contents: Readonly<Record<(typeof names)[number], string>> = {
    "title.txt": `${title}\n`,
    "description.md": `${description}\n`,
    "chapters.txt": chapterLines === "" ? "" : `${chapterLines}\n`,
    "tags.txt": `${formatTags(tags)}\n`,
  };
  const files = await Promise.all(
    names.map(async (name) => {
      const made = hashBytes(contents[name]);
      const file = await readReviewedFile(join(directory, name), [before[name], made]);
      // What is made anew as it was made before changes nothing: the edits stay.
      if (file.isEdited && made !== before[name]) throw editedInVain(file.path);
      return { name, file, made };
    }),
  );
  for (const { name, file } of files) await layOut(file, contents[name]);
  return Object.fromEntries(files.map(({ name, made }) => [name, made]));
}

async function refuseEdited(
  directory: string,
  before: Readonly<Record<string, string>>,
): Promise<void> {
  for (const name of names) {
    const file = await readReviewedFile(join(directory, name), [before[name]]);
    if (file.isEdited) throw editedInVain(file.path);
  }
}

function editedInVain(path: string): DubberError {
  return editedFile(
    path,
    "a new text",
    "To have it written anew delete or rename it; to keep it name another folder with --youtube-outdir.",
  );
}
