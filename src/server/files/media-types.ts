/** What a file is, by the ending the server gave it: for `Content-Type`. */
import { extname } from "node:path";
import type { OutputContainer } from "../../media/output-format.ts";
import { soundFormats } from "../../media/sound-format.ts";

/** What a dub comes back in. */
const containers: Readonly<Record<OutputContainer, string>> = {
  mp4: "video/mp4",
  mov: "video/quicktime",
  mkv: "video/x-matroska",
  webm: "video/webm",
  avi: "video/x-msvideo",
  // With a picture: sound alone goes into others.
  ogg: "video/ogg",
  m4a: "audio/mp4",
  mp3: soundFormats.mp3.contentType,
  wav: soundFormats.wav.contentType,
  flac: soundFormats.flac.contentType,
  opus: soundFormats.opus.contentType,
};

const types: ReadonlyMap<string, string> = new Map([
  ...Object.values(soundFormats).map(
    ({ extension, contentType }) => [extension, contentType] as const,
  ),
  ...Object.entries(containers).map(([ending, type]) => [`.${ending}`, type] as const),
  [".srt", "application/x-subrip"],
]);

/** @returns `application/octet-stream` for an ending the server gives nothing. */
export function mediaTypeOf(name: string): string {
  return types.get(extname(name)) ?? "application/octet-stream";
}
