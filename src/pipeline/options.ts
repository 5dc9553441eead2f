/** Everything a person may ask of a dub: names, defaults and ranges, checked once for the library and the command line. */
import { z } from "zod";
import { DubberError } from "../core/error.ts";
import { parseLanguage } from "../core/language.ts";
import { recognitionShape, translationShape, youtubeShape } from "./text-options.ts";

/** Stages a person can name. `prep` covers hearing and translating, `synth` speaking, planning and mixing. */
export const forcibleStages = ["prep", "synth", "burn", "youtube"] as const;

const language = z.string().transform((text) => parseLanguage(text));
const milliseconds = z.number().min(0).max(10_000);
const tempo = z.number().min(0.25).max(4);

/** Look of burnt-in subtitles. */
export const burnStyleSchema = z.strictObject({
  /** Font family; default: one that has every character of the text. */
  font: z.string().min(1).optional(),
  /** Height of a line in 1/720 of the picture's height. Default 36. */
  size: z.number().min(8).max(200).optional(),
  /** An opaque box behind the text instead of an outline. Default false. */
  box: z.boolean().optional(),
});

export const dubOptionsSchema = z.strictObject({
  /** The video or sound file; never changed. */
  video: z.string().min(1),
  /** Language of the dub. Without it everything stays in the work directory itself. */
  to: language.optional(),
  /** Text in the dub's language: SRT, VTT, ASS or segments JSON. Default: a fitting subtitle stream of the video, else what is heard. */
  subs: z.string().min(1).optional(),
  /** Text of what is said in the original; becomes the second subtitle track. */
  sourceSubs: z.string().min(1).optional(),
  /** Language of the original. Default: what the video's streams say. */
  sourceLanguage: language.optional(),
  /** Default `.work/<video's name>`. */
  workdir: z.string().min(1).optional(),
  /** Default: beside the video, `<name>.<language>.<extension>`. */
  output: z.string().min(1).optional(),
  /** Which of the video's sound streams is the original, 0 = first. Default: the one marked default. */
  audioStream: z.number().int().min(0).optional(),

  ...recognitionShape,
  ...translationShape,
  ...youtubeShape,

  /** Voice engine, or the service that speaks. Default: the best local one; nothing that costs money is ever chosen by itself. */
  engine: z.string().min(1).optional(),
  /** The engine's model. Default: the engine's own. */
  ttsModel: z.string().min(1).optional(),
  /** Voice id of the engine. Default: one that speaks the language. */
  voice: z.string().min(1).optional(),
  gender: z.enum(["female", "male"]).optional(),
  /** Speaker → voice id, for texts that name their speakers. */
  voiceMap: z.record(z.string(), z.string().min(1)).default({}),
  /** How to say it, in words, for engines that listen to that. */
  voiceInstructions: z.string().min(1).max(10_000).optional(),
  /** Pace asked of the engine; 1 is the voice's own. The plan's tempo comes on top. */
  voiceSpeed: z.number().min(0.25).max(4).optional(),
  /** For engines that draw lots. */
  voiceSeed: z.number().int().min(0).max(4_294_967_295).optional(),
  /** Send the neighbouring lines along, so that the tone carries over; changing a line then re-speaks its neighbours. */
  voiceContext: z.boolean().default(false),

  /** Calls in flight at most, over everything that speaks through the same setup; `auto` finds out. */
  maxConcurrent: z.union([z.number().int().min(1).max(1000), z.literal("auto")]).default(5),
  /** Tries after the first for a call that failed for a moment. */
  ttsRetries: z.number().int().min(0).max(100).default(4),
  /** Seconds one call may take. */
  ttsTimeout: z.number().min(0.1).max(3600).default(120),
  /** Seconds a service may be down before its lines are given up. */
  ttsPatience: z.number().min(0.1).max(86_400).default(120),
  /** Engine for lines the first one keeps failing on. */
  fallbackProvider: z.string().min(1).optional(),
  fallbackModel: z.string().min(1).optional(),
  /** Default: one that speaks the language. */
  fallbackVoice: z.string().min(1).optional(),
  /** Speak only what failed last time. */
  retryFailed: z.boolean().default(false),
  /** Of `synth_async.log`. */
  logFormat: z.enum(["text", "json"]).default("text"),
  /** US dollars this run may cost, hearing, translating and speaking together; it stops before a call that could go beyond. */
  maxCost: z.number().min(0).optional(),
  /** US dollars a minute of speech. */
  rateTtsOpenaiPerMin: z.number().min(0).default(0.03),
  rateTtsElevenlabsPerMin: z.number().min(0).default(0.15),

  /** What is spoken in one breath. */
  alignMode: z.enum(["segment", "sentence", "block"]).default("sentence"),
  /** Silence, seconds, that always ends a sentence or block. */
  sentenceJoinGap: z.number().min(0).max(60).default(1.2),
  sentencesPerChunk: z.number().int().min(1).max(20).default(2),
  /** Every line into its own window, to within `timingToleranceMs`. */
  strictTiming: z.boolean().default(false),
  timingToleranceMs: milliseconds.default(30),
  timingFitMode: z.enum(["pad-or-speedup", "stretch-both"]).default("pad-or-speedup"),
  minAtempo: tempo.optional(),
  maxAtempo: tempo.optional(),
  /** Pause kept between two lines that are pushed together. Default 80; 200 in block mode. */
  breathPadMs: milliseconds.optional(),
  noSpeedup: z.boolean().default(false),
  /** Speak nothing new: clips that are there are used, the rest is silence and is reported. */
  noTts: z.boolean().default(false),

  /** The original sound under the dub: lower while a line is spoken, as it is, or gone. */
  background: z.enum(["duck", "keep", "off"]).default("duck"),
  /** How much lower, dB. */
  duckDb: z.number().min(0).max(60).default(15),
  /** Loudness of the result, LUFS, or `off` to leave it. */
  loudness: z.union([z.number().min(-40).max(-5), z.literal("off")]).default(-14),

  /** The original sound as a second track. */
  keepOriginal: z.boolean().default(false),
  /** The dub alone, no picture. */
  audioOnly: z.boolean().default(false),
  /** Also speech alone and background alone, as WAV beside the output. */
  stems: z.boolean().default(false),
  /** Subtitles: a track, drawn into the picture, or none. */
  burnMode: z.enum(["soft", "hard", "off"]).default("soft"),
  burnStyle: burnStyleSchema.default({}),
  /** x264 quality of burnt-in output, 0 (lossless) to 51. */
  burnCrf: z.number().int().min(0).max(51).default(18),
  burnPreset: z
    .enum([
      "ultrafast",
      "superfast",
      "veryfast",
      "faster",
      "fast",
      "medium",
      "slow",
      "slower",
      "veryslow",
    ])
    .default("medium"),

  /** Stages that run again even if nothing changed. */
  force: z.array(z.enum(forcibleStages)).default([]),
  /** Processes and threads at work. Default: one per core. */
  workers: z.number().int().min(1).max(256).optional(),
});

/** What a caller gives; only `video` is required. */
export type DubOptions = z.input<typeof dubOptionsSchema>;
/** The same with every default filled in. */
export type CheckedOptions = z.output<typeof dubOptionsSchema>;

/**
 * Fills in the defaults and checks every value.
 *
 * @throws DubberError `invalid_options` naming the option and what it takes; `unknown_language`.
 */
export function checkOptions(options: DubOptions): CheckedOptions {
  const result = dubOptionsSchema.safeParse(options);
  if (!result.success) {
    const issues = result.error.issues.map(
      ({ path, message }) => `${path.join(".") || "options"}: ${message}`,
    );
    throw new DubberError(
      "invalid_options",
      `These options cannot be used: ${issues.join("; ")}.`,
      {
        hint: "`dubber dub --help` lists every option with its range.",
        cause: result.error,
      },
    );
  }
  const { minAtempo = 1, maxAtempo = 1.3 } = result.data;
  if (minAtempo > maxAtempo) {
    throw new DubberError(
      "invalid_options",
      `The slowest tempo (${minAtempo}) is above the fastest (${maxAtempo}).`,
      { hint: "Lower --min-atempo or raise --max-atempo." },
    );
  }
  return result.data;
}
