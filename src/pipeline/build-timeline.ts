/** The documented library functions: texts with times in, a track in sync out, spoken by any function of the caller. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { openAudioWorkers } from "../audio/audio-workers.ts";
import { inspectClip } from "../audio/fit-clip.ts";
import { openWav } from "../audio/wav-reader.ts";
import { writeFileThrough } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { hashValue } from "../core/hash.ts";
import { makeDirectory } from "../core/make-directory.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { Line, Seconds, Slot } from "../core/segment.ts";
import { buildLines } from "../timeline/lines.ts";
import { type PlanLine, planLines } from "../timeline/plan.ts";
import { fitStrict } from "../timeline/strict.ts";
import { fitClips } from "./fitted-clips.ts";

/** Speaks `texts[i]` into `outputPaths[i]` (WAV) and resolves to the paths, in order. */
export type SynthFunction = (
  texts: readonly string[],
  outputPaths: readonly string[],
) => Promise<readonly string[]>;

/** A text and when it is said, seconds. */
export type TimelineSegment = {
  readonly start: Seconds;
  readonly end: Seconds;
  readonly text: string;
  readonly speaker?: string;
};

/** What a timeline is built from, whichever way. */
export type TimelineOptions = {
  readonly segments: readonly TimelineSegment[];
  /** Clips are kept here, named by what they say, and used again. */
  readonly tmpDir: string;
  /** Keeps the clips of two voices apart. */
  readonly voiceTag: string;
  readonly synthFunc: SynthFunction;
  /** Of the finished track, Hz, mono. Default 24,000. */
  readonly sampleRate?: number;
  /** (provider, model, voice): when it changes, clips are spoken again. */
  readonly cacheSig?: readonly string[];
  /** Nothing is requested: clips that are there are used, the rest is silence and stands in `missing`. */
  readonly noTts?: boolean;
};

/** One spoken line on the track. */
export type TimelinePlacement = {
  readonly text: string;
  readonly slot: Slot;
  readonly start: Seconds;
  readonly duration: Seconds;
  /** 1 = as spoken. */
  readonly tempo: number;
  /** Seconds it went beyond the caps to fit; 0 for nearly all. */
  readonly overrun: Seconds;
};

/** A track that is planned and not yet rendered; no more than a block of it is ever in memory. */
export type Timeline = {
  readonly duration: Seconds;
  readonly sampleRate: number;
  readonly placements: readonly TimelinePlacement[];
  /** Texts that have no clip (`noTts`) and stay silent. */
  readonly missing: readonly string[];
  /** The track as 16-bit mono samples, one block after the other. */
  pcm(call?: Call): AsyncGenerator<Int16Array, void, void>;
  /** Writes the track as a 16-bit mono WAV file, atomically. */
  writeWav(path: string, call?: Call): Promise<void>;
};

/**
 * Builds a track from sentence groups: each group is spoken in one breath and placed with its neighbours.
 *
 * @param options `sentenceGroups` holds indices into `segments`; an empty group is skipped, a segment without text adds nothing.
 * @throws DubberError `invalid_options` for an index out of range; `line_too_long`; what `synthFunc` throws.
 */
export async function buildTimelineSentences(
  options: TimelineOptions & { readonly sentenceGroups: readonly (readonly number[])[] },
  call: Call = {},
): Promise<Timeline> {
  checkInput(options);
  const lines = linesOf(options.segments, options.sentenceGroups);
  return await build(lines, options, (table) => planLines(table, { end: farEnough(table) }), call);
}

/**
 * Builds a track with one clip per segment.
 *
 * @param options with `strictTiming` every clip fits its own window to within `toleranceMs` (30): `fitMode`
 *   `pad-or-speedup` (default) speeds long ones up and pads short ones, `stretch-both` also slows down.
 * @throws DubberError as {@link buildTimelineSentences}; `invalid_options` for any other `fitMode`.
 */
export async function buildTimelineWav(
  options: TimelineOptions & {
    readonly strictTiming?: boolean;
    readonly toleranceMs?: number;
    readonly fitMode?: "pad-or-speedup" | "stretch-both";
  },
  call: Call = {},
): Promise<Timeline> {
  const { strictTiming = false, toleranceMs = 30, fitMode = "pad-or-speedup" } = options;
  if (fitMode !== "pad-or-speedup" && fitMode !== "stretch-both") {
    throw new DubberError("invalid_options", `There is no fit mode "${String(fitMode)}".`, {
      hint: "Fit modes are pad-or-speedup and stretch-both.",
    });
  }
  checkInput(options);
  const groups = options.segments.map((_, index) => [index]);
  const lines = linesOf(options.segments, groups);
  return await build(
    lines,
    options,
    (table) =>
      strictTiming
        ? fitStrict(table, { toleranceMs, fitMode })
        : planLines(table, { end: farEnough(table) }),
    call,
  );
}

/** Samples read at a time, about 2.7 s at 24 kHz. */
const blockFrames = 65_536;

/** No video ends the track: it is as long as it needs to be, at most every line after the last slot. */
function farEnough(table: readonly PlanLine[]): Seconds {
  return table.reduce((end, { slot, duration }) => Math.max(end, slot.end) + duration, 1);
}

type Planner = typeof planLines extends (table: infer Table, ...rest: never) => infer Placements
  ? (table: Table) => Placements
  : never;

const inputSchema = z.object({
  segments: z.array(
    z
      .object({ start: z.number().min(0), end: z.number(), text: z.string() })
      .refine(({ start, end }) => end > start, "it ends before it starts"),
  ),
  sampleRate: z.number().int().min(8000).max(192_000).optional(),
  toleranceMs: z.number().min(0).max(10_000).optional(),
});

/** Before anything is spoken: what is asked of a service may cost. */
function checkInput(options: unknown): void {
  const checked = inputSchema.safeParse(options);
  if (checked.success) return;
  const [issue] = checked.error.issues;
  throw new DubberError(
    "invalid_options",
    `This timeline cannot be built: ${issue?.path.join(".")}: ${issue?.message}.`,
    { hint: "Times are seconds from the start, sampleRate is in Hz. Nothing was requested." },
  );
}

function linesOf(
  segments: readonly TimelineSegment[],
  groups: readonly (readonly number[])[],
): readonly Line[] {
  const named = segments.map((segment, index) => ({ ...segment, id: String(index) }));
  return buildLines(named, groups).toSorted((a, b) => a.slot.start - b.slot.start);
}

async function build(
  lines: readonly Line[],
  options: TimelineOptions,
  plan: Planner,
  call: Call,
): Promise<Timeline> {
  const { segments, tmpDir, sampleRate = 24_000, noTts = false } = options;
  await makeDirectory(tmpDir);
  const paths = lines.map((line) => clipPath(line, options));
  const ready = await mapConcurrent(paths, 8, isWhole, call);
  if (!noTts) await speakMissing(lines, paths, ready, options);
  const spoken = lines.flatMap((line, index) =>
    noTts && !ready[index] ? [] : [{ line, path: paths[index] as string }],
  );
  const clips = await mapConcurrent(
    spoken,
    8,
    async ({ line, path }) => {
      const { speechStart, speechEnd } = await inspectClip(path);
      return { line, path, speech: { start: speechStart, end: speechEnd } };
    },
    call,
  );
  const heard = clips.filter(({ speech }) => speech.end > speech.start);
  const placed = plan(
    heard.map(({ line: { id, slot, speaker }, speech }) => {
      const duration = speech.end - speech.start;
      return { id, slot, duration, ...(speaker !== undefined && { speaker }) };
    }),
  );
  const ends = [
    ...segments.map(({ end }) => end),
    ...placed.map(({ start, duration }) => start + duration),
  ];
  const duration = ends.reduce((latest, end) => Math.max(latest, end), 0);

  async function render(outPath: string, call: Call): Promise<void> {
    await using workers = openAudioWorkers({ count: 1 });
    const fitted = await fitClips(
      heard.map(({ path, speech }, index) => {
        const { start, duration } = placed[index] as (typeof placed)[number];
        return { path, speech, start, duration };
      }),
      { directory: join(tmpDir, "fitted"), sampleRate, workers },
      call,
    );
    const frames = Math.round(duration * sampleRate);
    await workers.mix({ outPath, frames, sampleRate, channels: 1, clips: fitted, gainDb: 0 }, call);
  }

  return {
    duration,
    sampleRate,
    placements: placed.map(({ start, duration, tempo, overrun }, index) => {
      const { text, slot } = (heard[index] as (typeof heard)[number]).line;
      return { text, slot, start, duration, tempo, overrun };
    }),
    missing: lines
      .filter(({ id }) => !heard.some(({ line }) => line.id === id))
      .map(({ text }) => text),
    async writeWav(path, call = {}) {
      await writeFileThrough(path, (temporaryPath) => render(temporaryPath, call));
    },
    async *pcm(call = {}) {
      const path = join(
        tmpDir,
        `.tmp-track-${process.pid}-${Math.random().toString(36).slice(2)}.wav`,
      );
      try {
        await render(path, call);
        await using wav = await openWav(path);
        for (let frame = 0; frame < wav.frames; frame += blockFrames) {
          call.signal?.throwIfAborted();
          const block = new Int16Array(Math.min(blockFrames, wav.frames - frame));
          await wav.readInt16(frame, block);
          yield block;
        }
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}

/** The name says what is in the clip, never the line's number: inserting a line re-speaks nothing. */
function clipPath({ text }: Line, { tmpDir, voiceTag, cacheSig }: TimelineOptions): string {
  return join(tmpDir, `${hashValue({ text, voiceTag, cacheSig })}.wav`);
}

async function speakMissing(
  lines: readonly Line[],
  paths: readonly string[],
  ready: readonly boolean[],
  { synthFunc }: TimelineOptions,
): Promise<void> {
  const wanted = new Map<string, string>();
  for (const [index, { text }] of lines.entries()) {
    if (!ready[index]) wanted.set(paths[index] as string, text);
  }
  if (wanted.size === 0) return;
  await synthFunc([...wanted.values()], [...wanted.keys()]);
  for (const [path, text] of wanted) {
    if (await isWhole(path)) continue;
    throw new DubberError(
      "engine_failed",
      `The synthesis function left no sound for "${text.slice(0, 50)}".`,
      {
        hint: `It has to write a WAV file to ${path}.`,
      },
    );
  }
}

async function isWhole(path: string): Promise<boolean> {
  try {
    await using wav = await openWav(path);
    return wav.frames > 0;
  } catch {
    return false;
  }
}
