/**
 * Title, description, chapters and tags for YouTube from a video and its text, by rules: no key, no network, nothing is spoken.
 *
 *   node examples/youtube-texts.ts talk.mp4 talk.es.srt es "A title"
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { prep, youtube } from "../src/index.ts";

const [video, subs, to, youtubeTitle] = process.argv.slice(2);
if (video === undefined || subs === undefined || to === undefined) {
  throw new Error("Usage: node examples/youtube-texts.ts VIDEO SUBS LANGUAGE [TITLE]");
}
await prep({ video, subs, to }).result;

const title = youtubeTitle === undefined ? {} : { youtubeTitle };
const { youtube: texts, warnings } = await youtube({ video, to, ...title }).result;
for (const warning of warnings) console.error(`! ${warning}`);
if (texts !== undefined) {
  for (const name of ["title.txt", "description.md", "tags.txt"]) {
    console.log(await readFile(join(texts.directory, name), "utf8"));
  }
  if (texts.noChapters !== undefined) console.log(texts.noChapters);
}
