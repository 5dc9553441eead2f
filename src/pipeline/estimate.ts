/** What a dub would speak and cost, before anything is spoken: no key, nothing written. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { Line, Segment } from "../core/segment.ts";
import { type MediaInfo, probe } from "../media/probe.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import { toSegments } from "../subtitles/segments.ts";
import { parseSegments } from "../subtitles/segments-json.ts";
import { bestLocalEngine } from "../synthesis/catalogue.ts";
import { clipName } from "../synthesis/clips.ts";
import { isSpeakable } from "../synthesis/speakable-text.ts";
import { speakingTime } from "../synthesis/speaking-time.ts";
import { isWholeWavClip } from "../synthesis/wav-clip.ts";
import { priceOf, usdPerMinute } from "./cost.ts";
import { prepFactsSchema, type RunContext } from "./dub.ts";
import { castVoices, makeLines, restoreSpeakers } from "./lines.ts";
import { type CheckedOptions, checkOptions, type DubOptions } from "./options.ts";
import { findText } from "./prep-stage.ts";
import { prepareSetup, type Setup } from "./setup.ts";
import { toRequests } from "./speech-requests.ts";
import { readState } from "./state.ts";
import { defaultWorkDirectory } from "./work-directory.ts";

/** What one video would take: lines, characters, minutes, US dollars. */
export type Estimate = {
  readonly video: string;
  readonly language?: string;
  readonly engine: string;
  /** Lines with something to speak, and the characters of their texts. */
  readonly lines: number;
  readonly characters: number;
  /** Those that have no clip yet of this engine, model, voice and manner; all, where that cannot be known without a key. */
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
    const said =
      (checked.subs === undefined ? await readReviewed(root) : undefined) ??
      (await findText({ options: checked, tools: setup.tools, info, scratch }, call));
    const language = to ?? said.language;
    const engine = checked.engine ?? bestLocalEngine;
    const lines = makeLines(said.segments, checked).filter(({ text }) => isSpeakable(text));
    const isThere = checked.force.includes("synth")
      ? () => false
      : await findClips(lines, language, checked, setup, join(root, "speech"), call);
    const missing = lines.filter(({ id }) => !isThere(id));
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

/** The text as a person has reviewed it, with what `prep` knows beside it; undefined before the first run. */
async function readReviewed(
  root: string,
): Promise<{ readonly segments: readonly Segment[]; readonly language?: string } | undefined> {
  const [subs, prepared] = await Promise.all(
    ["subs.srt", "translation.json"].map((name) =>
      readFile(join(root, name)).catch(() => undefined),
    ),
  );
  if (subs === undefined) return undefined;
  const reviewed = toSegments(parseSubtitles(subs, { name: "subs.srt" }).cues);
  const segments = restoreSpeakers(reviewed, parseSegments(prepared?.toString() ?? "[]"));
  // Without --to the text's own language is known to the record of `prep`; with it nobody asks here.
  const state = await readState(join(root, "dub.json")).catch(() => undefined);
  const { language } = prepFactsSchema.parse(state?.stages.prep?.facts ?? {});
  return { segments, ...(language !== undefined && { language }) };
}

/** Which lines have a clip already: those of the same engine, model, voice and wishes. */
async function findClips(
  lines: readonly Line[],
  language: string | undefined,
  options: CheckedOptions,
  setup: Setup,
  directory: string,
  call: Call,
): Promise<(id: string) => boolean> {
  try {
    // Without clips there is nothing to compare with, and nobody has to be asked for voices.
    const names = new Set(await readdir(directory).catch(() => []));
    if (names.size === 0) return () => false;
    const engine = await setup.synthesizer();
    const { casting } = await castVoices(lines, language, options, engine, call);
    const identity = { engine: engine.name, version: engine.version };
    const requests = toRequests(lines, language, casting, engine, options);
    const found = await mapConcurrent(requests, 8, async ({ id, ...request }) => {
      const name = clipName({ ...identity, ...request });
      return names.has(name) && (await isWholeWavClip(join(directory, name))) ? [id] : [];
    });
    const ids = new Set(found.flat());
    return (id) => ids.has(id);
  } catch (error) {
    // The voices cannot be known without a key or a network: then the whole text is the honest answer.
    if (!(error instanceof DubberError)) throw error;
    return () => false;
  }
}

function count(lines: readonly Line[]): number {
  return lines.reduce((sum, { text }) => sum + text.length, 0);
}
