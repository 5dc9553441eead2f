/** What the server and the process of a dub say to each other: one order down, progress and one end up. */
import type { PlainError } from "../../host/engine-protocol.ts";
import type { VoiceRecording } from "../../synthesis/synthesizer.ts";
import type { DubJob } from "./job.ts";

/** Server → process, once. Everything survives a structured clone. */
export type DubOrder = {
  readonly job: DubJob;
  /** Path of what is dubbed; never changed. */
  readonly video: string;
  readonly subtitles?: string;
  /** Belongs to this dub alone, and is gone on with when there is something in it. */
  readonly directory: string;
  /** The data directory: paths in it are in no message. */
  readonly root: string;
  /** An uploaded voice, as its engine takes it. */
  readonly ownVoice?: OwnVoice;
  /** Of one call to the engine, and of its silence; default the pipeline's own. */
  readonly callTimeoutMs?: number;
  readonly outageMs?: number;
};

export type OwnVoice = {
  /** A voice of the engine's, made of the recording; the name it has here for engines that are given the recording each time. */
  readonly id: string;
  readonly recording?: VoiceRecording;
  /** Of everything that makes it sound as it does: a part of each clip's name. */
  readonly identity: string;
};

/** Paths of finished files in the order's directory, and what is to be known of them. */
export type MadeDub = {
  /** Absent where what was dubbed has no picture. */
  readonly video?: string;
  readonly audio: string;
  readonly subtitles: string;
  readonly report: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
};

/** Process → server: `progress` now and then, 0 to below 1, never back; then one of the others. */
export type DubReply =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "done"; readonly made: MadeDub }
  | { readonly kind: "failed"; readonly error: PlainError };
