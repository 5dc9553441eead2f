/**
 * How each family of recognisers is loaded: which files it has, how much it hears at a time, what sherpa-onnx is told. The names of the settings
 * were checked against the addon of version 1.13.8; none of these models has been run by Dubber's own tests.
 */
import { basename } from "node:path";
import type { OfflineModelConfig, OfflineRecognizerConfig } from "sherpa-onnx-node";
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { listeningRate } from "../core/sound.ts";
import type { RecognizerFamily, RecognizerFiles } from "./sherpa-settings.ts";
import { whisperLanguage } from "./whisper-languages.ts";

export type FamilyFacts = {
  /** Whether what it says comes with times. */
  readonly times: boolean;
  /** Longest stretch it hears at once, seconds. */
  readonly window: Seconds;
};

/**
 * Whisper has a frame of 30 s, of which sherpa-onnx leaves half a second free, and drops the rest without a word; Moonshine
 * and SenseVoice learnt from short sounds. Parakeet hears minutes, for memory that grows with their square.
 */
export const familyFacts: { readonly [family in RecognizerFamily]: FamilyFacts } = {
  whisper: { times: true, window: 28 },
  moonshine: { times: false, window: 20 },
  "sense-voice": { times: true, window: 28 },
  parakeet: { times: true, window: 60 },
};

type Layout = { readonly [role: string]: RegExp };
const network = String.raw`(_model)?(\.int8|\.fp16|\.quant)?\.(onnx|ort)$`;
const tokens = /(^|[-_.])tokens\.txt$/;
const coder = (name: string) => new RegExp(`(^|[-_.])${name}${network}`);
/** By family, the layouts it is published in, the usual one first. Names may have more in front: `tiny.en-encoder.int8.onnx`. */
const layouts: { readonly [family in RecognizerFamily]: readonly Layout[] } = {
  whisper: [{ encoder: coder("encoder"), decoder: coder("decoder"), tokens }],
  moonshine: [
    {
      preprocessor: coder("preprocess(or)?"),
      encoder: coder("encoder?"),
      uncachedDecoder: coder("uncached_decoder?"),
      cachedDecoder: new RegExp(`(^|[-.])cached_decoder?${network}`),
      tokens,
    },
    {
      encoder: coder("encoder"),
      mergedDecoder: /(^|[-_.])(merged_decoder|decoder_model_merged)(\.int8)?\.(onnx|ort)$/,
      tokens,
    },
  ],
  "sense-voice": [{ model: /(^|[-_.])model(\.int8)?\.onnx$/, tokens }],
  parakeet: [
    { encoder: coder("encoder"), decoder: coder("decoder"), joiner: coder("joiner"), tokens },
  ],
};

/**
 * Finds the files of a recogniser by the ends of their names.
 *
 * @param name of the model, for the message.
 * @param paths of its files; of two that fit the one with `int8` in its name is taken, which is smaller and as good.
 * @throws DubberError `model_corrupt` when one is not there.
 */
export function findFiles(
  family: RecognizerFamily,
  paths: readonly string[],
  name: string,
): RecognizerFiles {
  const sorted = paths.toSorted((a, b) => Number(b.includes("int8")) - Number(a.includes("int8")));
  const missing: string[][] = [];
  for (const layout of layouts[family]) {
    const found = Object.entries(layout).map(([role, pattern]) => {
      const path = sorted.find((candidate) => pattern.test(basename(candidate)));
      return [role, path] as const;
    });
    const lacking = found.filter(([, path]) => path === undefined).map(([role]) => role);
    if (lacking.length === 0) return Object.fromEntries(found) as RecognizerFiles;
    missing.push(lacking);
  }
  const fewest = missing.toSorted((a, b) => a.length - b.length)[0] as string[];
  throw new DubberError(
    "model_corrupt",
    `The model ${name} has no file for: ${fewest.join(", ")} (family ${family}).`,
    { hint: "Look for damaged models with: dubber models verify" },
  );
}

/**
 * What sherpa-onnx is told to load, or to listen for.
 *
 * @param language BCP 47; one that the family does not know is left for the model to find out: the library would end the process.
 */
export function recognizerConfig(
  family: RecognizerFamily,
  files: RecognizerFiles,
  { threads, language }: { readonly threads: number; readonly language?: string },
): OfflineRecognizerConfig {
  return {
    featConfig: { sampleRate: listeningRate, featureDim: 80 },
    modelConfig: {
      ...familyConfig(family, files, language),
      tokens: files.tokens ?? "",
      numThreads: threads,
      provider: "cpu",
      debug: 0,
    },
    decodingMethod: "greedy_search",
  };
}

function familyConfig(
  family: RecognizerFamily,
  files: RecognizerFiles,
  language: string | undefined,
): Partial<OfflineModelConfig> {
  const { tokens: _, ...networks } = files;
  const of = (role: string): string => networks[role] ?? "";
  switch (family) {
    case "whisper":
      return {
        whisper: {
          encoder: of("encoder"),
          decoder: of("decoder"),
          language: whisperLanguage(language) ?? "",
          task: "transcribe",
          tailPaddings: -1,
          // Times of words need a decoder exported with its attention; without one it says so on stderr and goes on.
          enableTokenTimestamps: 1,
          enableSegmentTimestamps: 1,
        },
      };
    case "moonshine":
      return { moonshine: { encoder: of("encoder"), ...networks } };
    case "sense-voice":
      return {
        senseVoice: {
          model: of("model"),
          language: senseVoiceLanguage(language),
          useInverseTextNormalization: 1, // Punctuation and figures.
        },
      };
    case "parakeet":
      return {
        transducer: { encoder: of("encoder"), decoder: of("decoder"), joiner: of("joiner") },
        modelType: "nemo_transducer",
      };
  }
}

const senseVoiceLanguages = ["zh", "en", "ja", "ko", "yue"];

function senseVoiceLanguage(language = ""): string {
  const [primary = ""] = language.toLowerCase().split("-");
  return senseVoiceLanguages.includes(primary) ? primary : "auto";
}
