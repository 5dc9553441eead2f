/** What a dub would speak and cost, before anything is spoken: no key, nothing written. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { isReadAs } from "../core/language.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { Line, Segment } from "../core/segment.ts";
import { type MediaInfo, probe } from "../media/probe.ts";
import { parseSegments } from "../subtitles/segments-json.ts";
import { bestLocalEngine } from "../synthesis/catalogue.ts";
import { clipName } from "../synthesis/clips.ts";
import { isSpeakable } from "../synthesis/speakable-text.ts";
import { speakingTime } from "../synthesis/speaking-time.ts";
import { isWholeWavClip } from "../synthesis/wav-clip.ts";
import { priceOf, usdPerMinute } from "./cost.ts";
import type { RunContext } from "./dub.ts";
import { findOriginal, findTarget } from "./find-text.ts";
import { readGiven, type TextSource } from "./given-text.ts";
import { castVoices, makeLines } from "./lines.ts";
import { type CheckedOptions, checkOptions, type DubOptions } from "./options.ts";
import { prepFactsSchema } from "./prep-facts.ts";
import { recognitionFactsSchema } from "./recognition-stage.ts";
import { readReviewedText } from "./reviewed-text.ts";
import { notTranslated, withoutRecognizer } from "./said-text.ts";
import { prepareSetup, type Setup } from "./setup.ts";
import { toRequests } from "./speech-requests.ts";
import { readState } from "./state.ts";
import { polishModel, translationModel, youtubeModel } from "./text-models.ts";
import { priceOfSound, priceOfText } from "./text-prices.ts";
import { readTranslation } from "./translation-file.ts";
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
  /** US dollars a minute of speech. */
  readonly usdPerMinute: number;
  /** Minutes of sound that would have to be recognised first; all of it is then taken for speech. */
  readonly minutesUnheard: number;
  /** US dollars; 0 where nothing is to be recognised or translated, or it costs nothing. */
  readonly costOfListening: number;
  /** Polishing and the texts for YouTube with it; shorter wordings of lines that will not fit are not in it. */
  readonly costOfTranslation: number;
  /** US dollars for everything. */
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
  await using own = prepareSetup({
    ...checked,
    env: context.env ?? process.env,
    openers: context.openers,
  });
  const setup = context.setup ?? own;
  const call: Call = context.signal ? { signal: context.signal } : {};
  let probing: Promise<MediaInfo> | undefined;
  const info = (): Promise<MediaInfo> =>
    (probing ??= setup.tools().then((tools) => probe(tools, video, call)));
  const workRoot = resolve(workdir ?? defaultWorkDirectory(video));
  const root = join(workRoot, to ?? "");
  const scratch = await mkdtemp(join(tmpdir(), "dubber-"));
  try {
    const source = { options: checked, tools: setup.tools, info, scratch };
    const said =
      (checked.subs === undefined ? await readReviewed(root) : undefined) ??
      (await textOf(source, call)) ??
      (await heardBefore(workRoot, checked)) ??
      (await soundOf(checked, setup, info));
    const language = to ?? said.language;
    const engine = checked.engine ?? bestLocalEngine;
    const lines =
      said.segments.length > 0
        ? makeLines(said.segments, checked).filter(({ text }) => isSpeakable(text))
        : [];
    const isThere = checked.force.includes("synth")
      ? () => false
      : await findClips(lines, language, checked, setup, join(root, "speech"), call);
    const missing = lines.filter(({ id }) => !isThere(id));
    const perMinute = usdPerMinute(engine, checked);
    const unheard = "unheard" in said ? said.unheard : 0;
    const byText = missing.reduce((sum, { text }) => sum + speakingTime(text), unheard);
    const byVideo = missing.reduce((sum, { slot }) => sum + slot.end - slot.start, unheard);
    const isForeign = "isForeign" in said && said.isForeign;
    const text = count(lines) + unheard * charactersPerSecond;
    const listening = priceOfSound(checked.stt === "openai" ? "openai" : "local", unheard, checked);
    const asking = priceOfText(text, checked, {
      isTranslated: isForeign,
      isPolished: unheard > 0 && polishModel(checked) !== undefined,
      isPublished: youtubeModel(checked) !== undefined,
    });
    return {
      ...{ video: resolve(video), ...(language !== undefined && { language }), engine },
      ...{ lines: lines.length, characters: count(lines) },
      ...{ missingLines: missing.length, missingCharacters: count(missing) },
      ...{ minutesByText: byText / 60, minutesByVideo: byVideo / 60, usdPerMinute: perMinute },
      ...{ minutesUnheard: unheard / 60, costOfListening: listening, costOfTranslation: asking },
      costByText: priceOf(byText, perMinute) + listening + asking,
      costByVideo: priceOf(byVideo, perMinute) + listening + asking,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Characters a second of speech, where nobody knows yet what is said. */
const charactersPerSecond = 15;

/** Text that is there, in the dub's language or another one. */
async function textOf(source: TextSource, call: Call) {
  const { subs, sourceSubs, to } = source.options;
  const target = await findTarget(
    source,
    subs === undefined ? undefined : await readGiven(subs),
    call,
  );
  if (target !== undefined) return target;
  const given = sourceSubs === undefined ? undefined : await readGiven(sourceSubs);
  const original = await findOriginal(source, given, undefined, call);
  if (original === undefined) return undefined;
  const { language } = original;
  const isForeign = to !== undefined && !(language !== undefined && isReadAs(language, to));
  if (isForeign && translationModel(source.options) === undefined) {
    throw notTranslated(source.options, language);
  }
  return { ...original, isForeign };
}

/** What a run for another language has heard already. */
async function heardBefore(workRoot: string, options: CheckedOptions) {
  const state = await readState(join(workRoot, "dub.json")).catch(() => undefined);
  const { data } = recognitionFactsSchema.safeParse(state?.stages.recognition?.facts);
  const raw = await readFile(join(workRoot, "segments_raw.json"), "utf8").catch(() => undefined);
  if (data === undefined || raw === undefined) return undefined;
  const isForeign = options.to !== undefined && translationModel(options) !== undefined;
  return { segments: parseSegments(raw), language: data.language, isForeign };
}

/** What is known before anybody has listened: how long it takes. */
async function soundOf(options: CheckedOptions, setup: Setup, info: () => Promise<MediaInfo>) {
  const { duration, subtitles } = await info();
  const { sttModel: model, sourceLanguage: language, to } = options;
  try {
    await setup.text.listener(options.stt === "openai" ? "openai" : "local", { model, language });
  } catch (error) {
    throw withoutRecognizer(options, subtitles, error);
  }
  const isForeign = to !== undefined && translationModel(options) !== undefined;
  return { segments: [] as readonly Segment[], language, unheard: duration, isForeign };
}

/** The text as a person has reviewed it, with what `prep` knows beside it; undefined before the first run. */
async function readReviewed(
  root: string,
): Promise<{ readonly segments: readonly Segment[]; readonly language?: string } | undefined> {
  const subs = await readFile(join(root, "subs.srt")).catch(() => undefined);
  if (subs === undefined) return undefined;
  const { segments } = readReviewedText(
    subs,
    await readTranslation(join(root, "translation.json")),
  );
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
