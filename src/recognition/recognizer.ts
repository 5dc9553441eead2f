/** The contract of a recogniser: sound in, words with their times out. */
import type { Call } from "../core/call.ts";
import type { Seconds, Word } from "../core/segment.ts";
import type { AskCall } from "../core/service-reply.ts";

/** One part of a sound. */
export type RecognitionRequest = {
  /** 16 kHz, mono; at least 0.1 s, at most `features.maxSeconds`. */
  readonly samples: Int16Array;
  /** BCP 47, when it is known; the recogniser finds out otherwise. */
  readonly language?: string;
  /** Names and words that may be said, to spell them right. */
  readonly prompt?: string;
};

/** A phrase as the recogniser gives it; nothing about its order or times is promised. */
export type HeardPhrase = {
  /** Seconds from the start of the part. */
  readonly start: Seconds;
  readonly end: Seconds;
  readonly text: string;
  readonly words?: readonly Word[];
  /** How sure the recogniser is that this is no speech at all, 0–1, where it says so. */
  readonly noSpeech?: number;
  /** Mean log-probability of the words, where it says so. */
  readonly confidence?: number;
  /** How well the text can be packed: above 2.4 it repeats itself (Whisper's own measure). */
  readonly compression?: number;
};

/** What was heard in one part. */
export type RecognitionResult = {
  /** Sorted or not, overlapping or not, possibly empty. */
  readonly phrases: readonly HeardPhrase[];
  /** False when the recogniser gave text without times: the times of `phrases` are the part's own start and end. */
  readonly hasTimes: boolean;
  /** BCP 47, where the recogniser says it. */
  readonly language?: string;
  readonly warnings: readonly string[];
};

/** A recogniser: on this machine, or a service somewhere. */
export interface Recognizer extends AsyncDisposable {
  /** The name it is opened by: `openai`, `local`. */
  readonly name: string;
  /** Model, address and settings: what an answer depends on besides the sound. A part of every cached answer's name. */
  readonly version: string;
  readonly place: "local" | "service";
  /** How many parts are worth asking for at once. */
  readonly lanes: number;
  readonly features: {
    /** Longest part, seconds. */
    readonly maxSeconds: Seconds;
    /** Whether phrases come with times of their own. */
    readonly times: boolean;
  };
  check?(call?: Call): Promise<void>;
  /**
   * Recognises one part, once.
   *
   * @throws DubberError as `Synthesizer.speak`: `key_missing`, `key_refused`, `unknown_model`, `quota_exhausted`, `rate_limited`, `service_down`,
   *   `engine_unavailable`, `engine_failed`; the signal's reason.
   */
  recognize(request: RecognitionRequest, call?: AskCall): Promise<RecognitionResult>;
  close(): Promise<void>;
}

/** Finds speech in a sound. One that needs a model is opened with the model's file. */
export interface SpeechDetector extends AsyncDisposable {
  readonly name: string;
  /**
   * @param pieces the sound, from its start, in stretches of any length.
   * @returns spans of speech, sorted, not overlapping, each as soon as it is certain: yields a batch for every piece that brought news,
   *   with `until`: no later batch holds speech that begins before it. Speech that goes on for more than two minutes is yielded as far as
   *   it has come, and continued by a span that touches it: whoever holds the sound back until it is certain need not hold much more.
   */
  detect(
    pieces: AsyncIterable<Int16Array>,
    call?: Call,
  ): AsyncIterable<{
    readonly speech: readonly { start: Seconds; end: Seconds }[];
    readonly until: Seconds;
  }>;
  close(): Promise<void>;
}
