/** What a dub would speak and cost, before anything is asked of anybody: no key, no engine, nothing written. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Call } from "../core/call.ts";
import type { Line } from "../core/segment.ts";
import { type MediaInfo, probe } from "../media/probe.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import { toSegments } from "../subtitles/segments.ts";
import { bestLocalEngine } from "../synthesis/catalogue.ts";
import { isSpeakable } from "../synthesis/speakable-text.ts";
import { speakingTime } from "../synthesis/speaking-time.ts";
import { isWholeWavClip } from "../synthesis/wav-clip.ts";
import { priceOf, usdPerMinute } from "./cost.ts";
import type { RunContext } from "./dub.ts";
import { makeLines } from "./lines.ts";
import { checkOptions, type DubOptions } from "./options.ts";
import { readPlan } from "./plan-file.ts";
import { findText } from "./prep-stage.ts";
import { prepareSetup } from "./setup.ts";
import { defaultWorkDirectory } from "./work-directory.ts";

/** What one video would take: lines, characters, minutes, US dollars. */
export type Estimate = {
  readonly video: string;
  readonly language?: string;
  readonly engine: string;
  /** Lines with something to speak, and the characters of their texts. */
  readonly lines: number;
  readonly characters: number;
  /** Those that have no clip of this engine from an earlier run. */
  readonly missingLines: number;
  readonly missingCharacters: number;
  /** Minutes the missing texts will take to say: 15 characters a second, 5 of Chinese, Japanese and Korean. */
  readonly minutesByText: number;
  /** Minutes the missing lines have in the video. */
  readonly minutesByVideo: number;
  /** US dollars. */
  readonly usdPerMinute: number;
  readonly costByText: number;
  readonly costByVideo: number;
};

/**
 * Reads the text as `dub` would and says what speaking it takes.
 *
 * @throws DubberError `text_missing`, `invalid_text`, `not_found`, `invalid_options`.
 */
export async function estimate(options: DubOptions, context: RunContext = {}): Promise<Estimate> {
  const checked = checkOptions(options);
  const { video, to, workdir } = checked;
  // A setup that was given is somebody else's to dispose.
  await using own = prepareSetup({ ...checked, env: context.env ?? process.env });
  const setup = context.setup ?? own;
  const call: Call = context.signal ? { signal: context.signal } : {};
  let probing: Promise<MediaInfo> | undefined;
  const info = (): Promise<MediaInfo> =>
    (probing ??= setup.tools().then((tools) => probe(tools, video, call)));
  const root = join(resolve(workdir ?? defaultWorkDirectory(video)), to ?? "");
  const scratch = await mkdtemp(join(tmpdir(), "dubber-"));
  try {
    const reviewed = await readFile(join(root, "subs.srt")).catch(() => undefined);
    const said =
      reviewed === undefined || checked.subs !== undefined
        ? await findText({ options: checked, tools: setup.tools, info, scratch }, call)
        : {
            segments: toSegments(parseSubtitles(reviewed, { name: "subs.srt" }).cues),
            language: undefined,
          };
    const language = to ?? said.language;
    const engine = checked.engine ?? bestLocalEngine;
    const lines = makeLines(said.segments, checked).filter(({ text }) => isSpeakable(text));
    const spoken = await textsWithClips(root, engine);
    const missing = lines.filter(({ text }) => !spoken.has(text));
    const perMinute = usdPerMinute(engine, checked);
    const byText = missing.reduce((sum, { text }) => sum + speakingTime(text), 0);
    const byVideo = missing.reduce((sum, { slot }) => sum + slot.end - slot.start, 0);
    return {
      ...{ video: resolve(video), ...(language !== undefined && { language }), engine },
      ...{ lines: lines.length, characters: count(lines) },
      ...{ missingLines: missing.length, missingCharacters: count(missing) },
      ...{ minutesByText: byText / 60, minutesByVideo: byVideo / 60, usdPerMinute: perMinute },
      ...{ costByText: priceOf(byText, perMinute), costByVideo: priceOf(byVideo, perMinute) },
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What the last run spoke with this engine and still has. */
async function textsWithClips(root: string, engine: string): Promise<ReadonlySet<string>> {
  const plan = await readPlan(join(root, "plan.json")).catch(() => undefined);
  if (plan?.engine !== engine) return new Set();
  const kept = await Promise.all(
    plan.lines.map(async ({ text, clip }) =>
      (await isWholeWavClip(join(root, "speech", clip))) ? [text] : [],
    ),
  );
  return new Set(kept.flat());
}

function count(lines: readonly Line[]): number {
  return lines.reduce((sum, { text }) => sum + text.length, 0);
}
