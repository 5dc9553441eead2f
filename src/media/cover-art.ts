/** Cover art for Matroska, which keeps it as an attached file: mapped as a stream it would become a second video. */
import { join } from "node:path";
import type { Call } from "../core/call.ts";
import { localFile, mediaInput, runFfmpeg } from "./ffmpeg.ts";
import type { MediaInfo } from "./probe.ts";
import type { Tools } from "./tools.ts";

const kinds: Readonly<Record<string, { readonly extension: string; readonly mimeType: string }>> = {
  mjpeg: { extension: "jpg", mimeType: "image/jpeg" },
  png: { extension: "png", mimeType: "image/png" },
};

/**
 * Saves the source's pictures (JPEG and PNG) in `folder`.
 *
 * @returns output arguments that attach them, after the `attachments` that are mapped already.
 */
export async function attachCovers(
  tools: Tools,
  { info, folder }: { readonly info: MediaInfo; readonly folder: string },
  call: Call,
): Promise<string[]> {
  const args: string[] = [];
  let at = info.container === "mkv" ? info.attachments : 0;
  for (const { index, codec } of info.pictures) {
    const kind = kinds[codec];
    if (kind === undefined) continue;
    const name = `cover${args.length === 0 ? "" : index}.${kind.extension}`;
    const file = localFile(join(folder, name));
    const output = ["-map", `0:${index}`, "-c", "copy", "-frames:v", "1", "-f", "image2"];
    await runFfmpeg(tools, [...mediaInput(info.path), ...output, "-update", "1", file], call);
    args.push("-attach", file, `-metadata:s:t:${at}`, `mimetype=${kind.mimeType}`);
    args.push(`-metadata:s:t:${at}`, `filename=${name}`);
    at += 1;
  }
  return args;
}
