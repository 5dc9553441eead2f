/** `spoken.srt`: what is said in the dub, when it is said there. */
import type { Seconds } from "../core/segment.ts";
import type { Cue } from "../subtitles/cue.ts";
import { splitCue } from "../subtitles/wrap.ts";
import type { PlannedLine } from "./plan-file.ts";

/** Shortest time a subtitle stays on the screen if nothing follows it, seconds. */
const shortest: Seconds = 1;
/** Characters a second that can be read with comfort. */
const readable = 17;
/** A subtitle may outlive its line by this much so that it can be read; longer would look forgotten. */
const linger: Seconds = 1;
/** Two frames at 25 frames a second between one subtitle and the next. */
const gap: Seconds = 0.08;

/**
 * The cues of the dub: the texts of each line share the time it is really spoken, by their number of characters; texts
 * too long for two lines become several cues.
 *
 * @param duration length of the video, seconds; no cue stays longer.
 * @param language for the length of a line; default Latin.
 */
export function spokenCues(
  lines: readonly PlannedLine[],
  { duration, language }: { readonly duration: Seconds; readonly language?: string | undefined },
): readonly Cue[] {
  const cues = lines
    .flatMap((line) => shareTime(line))
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .flatMap((cue) => splitCue(cue, language === undefined ? {} : { language }));
  return cues.map((cue, index) => {
    const room = Math.min(duration, (cues[index + 1]?.start ?? Infinity) - gap);
    const wish = cue.start + Math.max(shortest, cue.text.length / readable);
    return { ...cue, end: Math.max(cue.end, Math.min(wish, cue.end + linger, room)) };
  });
}

function shareTime({ segments, start, duration }: PlannedLine): readonly Cue[] {
  const characters = segments.reduce((sum, { text }) => sum + text.length, 0);
  let spoken = 0;
  return segments.map(({ text }) => {
    const from = start + (duration * spoken) / characters;
    spoken += text.length;
    return { start: from, end: start + (duration * spoken) / characters, text };
  });
}
