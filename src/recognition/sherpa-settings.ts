/** What the sherpa-onnx child is told when it starts, and what it can be asked then. Plain values only. */
import type { Seconds } from "../core/segment.ts";

/** The recognisers whose files Dubber knows how to load. */
export const recognizerFamilies = ["whisper", "moonshine", "sense-voice", "parakeet"] as const;
export type RecognizerFamily = (typeof recognizerFamilies)[number];

/** The roles of a recogniser's files, with the file's absolute path. */
export type RecognizerFiles = { readonly [role: string]: string };

/** One child does one task, with one model. Paths are absolute. */
export type SherpaSettings =
  | { readonly task: "vad"; readonly model: string }
  | {
      readonly task: "recognize";
      readonly family: RecognizerFamily;
      readonly files: RecognizerFiles;
      readonly threads: number;
    }
  | {
      readonly task: "diarize";
      readonly segmentation: string;
      readonly embedding: string;
      readonly threads: number;
    }
  | { readonly task: "voice-print"; readonly embedding: string; readonly threads: number }
  | { readonly task: "denoise"; readonly model: string };

/** What a child of every task is asked: always a sound, 16 kHz. */
export type SherpaRequest = {
  readonly samples: Int16Array;
  /** `recognize`: BCP 47, where it is known. */
  readonly language?: string;
  /** `diarize`: how many people speak; found out where it is left out. */
  readonly speakers?: number;
};

/** `diarize`: who speaks when, and what each of them sounds like. Speakers are numbered from 0. */
export type DiarizedSound = {
  readonly turns: readonly {
    readonly start: Seconds;
    readonly end: Seconds;
    readonly speaker: number;
  }[];
  /** One for each speaker, by number; empty for one who says too little. */
  readonly prints: readonly (readonly number[])[];
};
