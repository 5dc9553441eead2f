/** What all ways of speaking a task need. No code. */
import type { Call } from "../../core/call.ts";
import type { ScheduledSynthesizer } from "../../synthesis/schedule.ts";
import type { TextPart } from "../../synthesis/split-text.ts";
import type { SpeechResult } from "../../synthesis/synthesizer.ts";
import type { Engines } from "../engines/engines.ts";
import type { Task, TaskStore } from "../tasks/contract.ts";
import type { SpeechJob } from "./job.ts";
import type { WriteResult } from "./result-file.ts";
import type { SoundSink } from "./sinks.ts";
import type { SpeakerContext } from "./speaker.ts";
import type { ChangeTempo } from "./speed.ts";

export type SpeechContext = SpeakerContext & {
  readonly engines: Engines;
  readonly store: TaskStore;
  readonly writeResult: WriteResult;
  readonly changeTempo: ChangeTempo;
  /** Who listens to a task of origin `stream`. */
  readonly sinkOf: (taskId: string) => SoundSink | undefined;
  /** Unix ms. */
  readonly now: () => number;
};

/** One turn of work, as all ways of speaking need it. */
export type SpeechTurn = {
  readonly task: Task;
  readonly job: SpeechJob;
  readonly engine: ScheduledSynthesizer;
  readonly parts: readonly TextPart[];
  /** Who speaks, with what. */
  readonly identity: string;
  /** Unix ms. */
  readonly startedAt: number;
  readonly speak: (index: number, call: Required<Call>) => Promise<SpeechResult>;
};
