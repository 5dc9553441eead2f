/** Subtitles drawn into the picture: a font that has the text's characters, then one run of the video encoder. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { temporaryPrefix, writeFileAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { burnSubtitles } from "../media/burn.ts";
import { findFont } from "../media/fonts.ts";
import type { MediaInfo } from "../media/probe.ts";
import type { Tools } from "../media/tools.ts";
import { formatAss } from "../subtitles/ass.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import type { CheckedOptions } from "./options.ts";
import type { WorkDirectory } from "./work-directory.ts";

/**
 * Draws `spoken.srt` into the picture and writes it, without sound, to `outPath`.
 *
 * @throws DubberError `missing_font` when no installed font has every character; what ffmpeg fails with.
 */
export async function drawSubtitles(
  {
    work,
    options,
    tools,
    info,
    outPath,
  }: {
    readonly work: WorkDirectory;
    readonly options: CheckedOptions;
    readonly tools: Tools;
    readonly info: MediaInfo;
    readonly outPath: string;
  },
  call: Call & { readonly onProgress?: (seconds: number) => void } = {},
): Promise<void> {
  const spoken = await readFile(join(work.languageRoot, "spoken.srt"));
  const { cues } = parseSubtitles(spoken, { name: "spoken.srt" });
  const text = [...new Set(cues.map((cue) => cue.text).join(""))].join("");
  const { font: wanted, size, box } = options.burnStyle;
  const font = await findFont({ text, ...(wanted !== undefined && { family: wanted }) }, call);
  const subtitlePath = join(work.languageRoot, `${temporaryPrefix}drawn.ass`);
  const { width, height } = info.video ?? { width: 1280, height: 720 };
  await writeFileAtomic(
    subtitlePath,
    formatAss(cues, {
      width,
      height,
      ...(font !== undefined && { font }),
      ...(size !== undefined && { size }),
      ...(box !== undefined && { box }),
    }),
  );
  try {
    const { burnCrf: crf, burnPreset: preset } = options;
    await burnSubtitles(
      tools,
      { path: options.video, info, subtitlePath, outPath, crf, preset },
      call,
    );
  } finally {
    await rm(subtitlePath, { force: true });
  }
}
