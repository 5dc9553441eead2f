/** The contract of a voice engine. Everything that speaks implements it, everything that needs speech takes it. */
import type { Call } from "../core/call.ts";
import type { AskCall } from "../core/service-reply.ts";
import type { Voice } from "../core/voice.ts";

/** Somebody's voice, recorded. Its bytes are not written to once they have been handed over. */
export type VoiceRecording = {
  /** A WAV file of 3 to 30 s with at least 16 kHz and one person speaking. */
  readonly wav: Uint8Array;
  /** What is said in it, word for word. Without it the voice is copied, but less of the manner. */
  readonly text?: string;
};

/** One text to speak. */
export type SpeechRequest = {
  /** Plain text; markup characters are text too. Needs at least one letter or digit. */
  readonly text: string;
  /** A voice id of this engine. */
  readonly voice: string;
  /** Speak like this recording instead of with `voice`, which then may be empty; only engines with `features.cloning`. */
  readonly recording?: VoiceRecording;
  /** BCP 47. A hint for engines whose voices speak several languages; others ignore it. */
  readonly language?: string;
  /** How fast to speak, 1 is the voice's own pace. Outside `features.speed` it is clamped, with a warning. */
  readonly speed?: number;
  /** How to say it, in words. Engines without `features.instructions` ignore it, with a warning. */
  readonly instructions?: string;
  /** For engines that draw lots; the others give the same sound for the same request anyway. */
  readonly seed?: number;
  /** What is said just before and after, for engines that carry the tone over; others ignore both. */
  readonly previousText?: string;
  readonly nextText?: string;
};

/** One text, spoken. */
export type SpeechResult = {
  /** Mono, never empty. */
  readonly audio: Int16Array;
  /** Hz. */
  readonly sampleRate: number;
  /** What the engine could not do as asked while it could still speak; empty when all went as asked. */
  readonly warnings: readonly string[];
};

/** What an engine can do. */
export type SynthesizerFeatures = {
  /** The speeds it takes; absent when it has one pace only. */
  readonly speed?: { readonly min: number; readonly max: number };
  /** Whether `instructions` change the sound. */
  readonly instructions: boolean;
  /** Whether it can speak with a voice given as a recording. */
  readonly cloning: boolean;
  /** True when it has no voice of its own: it speaks with recordings, and refuses every request without one. */
  readonly needsRecording?: boolean;
  /** Whether `seed` counts. */
  readonly seed: boolean;
  /** Whether `previousText` and `nextText` change the sound. */
  readonly context: boolean;
  /** The longest text of one request, in UTF-16 code units. */
  readonly maxCharacters: number;
};

/** A voice engine: on this machine, or a service somewhere. */
export interface Synthesizer extends AsyncDisposable {
  /** The name it is opened by. */
  readonly name: string;
  /**
   * Everything besides the request that decides the sound: the engine with its version, later also its model and
   * settings. A part of every clip's name: a new version speaks anew.
   */
  readonly version: string;
  /** `service`: it asks somebody over the network, who may be slow, refuse, or charge. */
  readonly place: "local" | "service";
  /** How many calls of `speak` are worth asking for at once; more only wait. */
  readonly lanes: number;
  readonly features: SynthesizerFeatures;

  /** All voices it offers; within a language the one to take first stands first. */
  voices(call?: Call): Promise<readonly Voice[]>;

  /**
   * The voice an id stands for, also one that `voices` does not list; only engines have it that take more ids than they list.
   *
   * @throws DubberError `unknown_voice`; the signal's reason.
   */
  findVoice?(id: string, call?: Call): Promise<Voice>;

  /**
   * Asks the service something that costs nothing, to learn whether it takes the key; only engines that need a key have it.
   *
   * @throws DubberError `key_missing`; `key_refused` when the key itself is refused, and for no other answer: a key that may
   * not do this, a server that does not know the question, and one that is down are found out by `speak`. The signal's
   * reason when it ends the call.
   */
  check?(call?: Call): Promise<void>;

  /**
   * Speaks one text. Engines do not try again when a service refuses; their caller does.
   *
   * @throws DubberError `invalid_text` (nothing to speak, or longer than `features.maxCharacters`),
   * `invalid_options` (a speed that is no positive number), `unknown_voice`, `unknown_model`, `key_refused`,
   * `quota_exhausted`, `engine_unavailable`; for a recording `engine_unsupported` (it does not speak with one) and
   * `invalid_media` (no recording of a voice); `rate_limited`, `service_down` (not reached, broken off, status ≥ 500) and
   * `engine_failed` (an answer that is no sound), which are `retryable` where another try may help; the signal's
   * reason when it ends the call.
   */
  speak(request: SpeechRequest, call?: AskCall): Promise<SpeechResult>;

  /**
   * Makes a voice of a recording that the service keeps; only engines whose services keep voices have it. Each call makes another.
   *
   * @param voice its name, for people, and how it sounds.
   * @returns its id, for `SpeechRequest.voice`.
   * @throws DubberError `invalid_media`; `engine_unsupported` when the account may not make voices; what a service fails with
   * in `speak`; the signal's reason.
   */
  addVoice?(
    voice: { readonly name: string; readonly recording: VoiceRecording },
    call?: Call,
  ): Promise<string>;

  /**
   * Takes away a voice that `addVoice` made. One that is gone already counts as taken away.
   *
   * @throws DubberError what a service fails with in `speak`; the signal's reason.
   */
  removeVoice?(id: string, call?: Call): Promise<void>;

  /** Gives everything back and refuses calls from then on. Calls under way fail. A second close does nothing. */
  close(): Promise<void>;
}
