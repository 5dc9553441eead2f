/** Text the person or the video gives: read, decoded, parsed, and its language where it says so. */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { temporaryPrefix } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError, describeFileError } from "../core/error.ts";
import { isSameLanguage, parseLanguage } from "../core/language.ts";
import type { Segment } from "../core/segment.ts";
import { extractSubtitles } from "../media/extract.ts";
import type { MediaInfo, SubtitleStream } from "../media/probe.ts";
import type { Tools } from "../media/tools.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import { toSegments } from "../subtitles/segments.ts";
import type { CheckedOptions } from "./options.ts";

/** No subtitle file is this large; a video given by mistake is. */
const maxTextBytes = 64 * 1024 * 1024;

/** Text in one language, as given. */
export type GivenText = {
  readonly segments: readonly Segment[];
  readonly language: string | undefined;
  readonly warnings: readonly string[];
  /** The video's own stream it came from, if it did. */
  readonly stream?: number;
};

/** Where text may come from. */
export type TextSource = {
  readonly options: CheckedOptions;
  readonly tools: () => Promise<Tools>;
  readonly info: () => Promise<MediaInfo>;
  /** A folder for files that are gone afterwards. */
  readonly scratch: string;
};

/** Reads one of the video's own subtitle streams. */
export async function readStream(
  { options, tools, info, scratch }: TextSource,
  stream: SubtitleStream,
  call: Call,
): Promise<GivenText> {
  const outPath = join(scratch, `${temporaryPrefix}stream.vtt`);
  try {
    await extractSubtitles(
      await tools(),
      { path: options.video, info: await info(), stream: stream.index, outPath },
      call,
    );
    const text = readText(await readFile(outPath), outPath);
    return { ...text, language: languageOf(stream), stream: stream.index };
  } finally {
    await rm(outPath, { force: true });
  }
}

/** Parses a text file; its name says the format and often the language. */
export function readText(bytes: Uint8Array, path: string): GivenText {
  const { cues, warnings } = parseSubtitles(bytes, { name: basename(path) });
  return { segments: toSegments(cues), language: languageInName(path), warnings };
}

/** @throws DubberError `not_found`, `unreadable`, `not_writable`. */
export async function readGiven(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > maxTextBytes) {
      throw new DubberError("invalid_text", `${path} is too large for a text (${size} bytes).`, {
        hint: "Give subtitles (SRT, VTT, ASS) or segments JSON, not a video.",
      });
    }
    return await readFile(path);
  } catch (error) {
    throw describeFileError(error, path);
  }
}

/**
 * The text that lies beside a video under its name and the language's, `talk.es.srt` for `talk.mp4`: players look there too.
 *
 * @returns the first by name; undefined when there is none.
 */
export async function findBeside(video: string, wanted: string): Promise<string | undefined> {
  const folder = dirname(resolve(video));
  const stem = `${basename(video, extname(video))}.`;
  const names = await readdir(folder).catch(() => []);
  const name = names.toSorted().find((one) => {
    const rest = one.startsWith(stem) ? one.slice(stem.length) : "";
    const [tag, extension, ...more] = rest.split(".");
    const isText = more.length === 0 && /^(srt|vtt|ass)$/i.test(extension ?? "");
    return isText && isLanguage(tag, wanted);
  });
  return name === undefined ? undefined : join(folder, name);
}

/** `talk.es.srt` says its language; `talk.srt` does not. */
function languageInName(path: string): string | undefined {
  const tag = /\.([a-z]{2,3}(?:-[a-z0-9]+)*)\.[a-z]+$/i.exec(basename(path))?.[1];
  return tag === undefined ? undefined : languageOf({ language: tag });
}

/** The language a stream or file names, if Dubber knows it. */
export function languageOf({ language }: { readonly language?: string }): string | undefined {
  try {
    return language === undefined ? undefined : parseLanguage(language);
  } catch {
    return undefined;
  }
}

/** True when `tag` names the wanted language, in whatever spelling. */
export function isLanguage(tag: string | undefined, wanted: string): boolean {
  const language = languageOf(tag === undefined ? {} : { language: tag });
  return language !== undefined && isSameLanguage(language, wanted);
}
