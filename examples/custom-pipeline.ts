/**
 * A pipeline of one's own: subtitles in, a spoken track in sync with them out, without a video. Spoken clips are kept in
 * CLIPS; a second run asks only for what has changed.
 *
 *   OPENAI_API_KEY=… node examples/custom-pipeline.ts talk.es.srt talk.es.wav CLIPS
 */
import { readFile } from "node:fs/promises";
import OpenAI from "openai";
import {
  buildTimelineSentences,
  groupSegments,
  makeSynthOpenaiBatch,
  parseSubtitles,
} from "../src/index.ts";

const [subs, track, clips = "clips"] = process.argv.slice(2);
if (subs === undefined || track === undefined) {
  throw new Error("Usage: node examples/custom-pipeline.ts SUBS TRACK.wav [CLIPS]");
}
const [model, voice] = ["gpt-4o-mini-tts", "onyx"];
const { cues } = parseSubtitles(await readFile(subs), { name: subs });
const segments = cues.map((cue, index) => ({ ...cue, id: String(index) }));

const timeline = await buildTimelineSentences({
  segments,
  sentenceGroups: groupSegments(segments, { mode: "sentence" }),
  tmpDir: clips,
  voiceTag: "main",
  synthFunc: makeSynthOpenaiBatch({ client: new OpenAI(), model, voice, maxConcurrent: 5 }),
  cacheSig: ["openai", model, voice],
});
for (const { start, duration, text } of timeline.placements) {
  console.log(`${start.toFixed(2)} s + ${duration.toFixed(2)} s  ${text}`);
}
await timeline.writeWav(track);
console.log(`${track}: ${timeline.duration.toFixed(2)} s`);
