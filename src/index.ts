/**
 * Dubber's public API; the only barrel. Importing it starts nothing and loads no engine.
 *
 * @module
 */
export { main } from "./cli/main.ts";
export { type InputStream, type OutputStream, processWorld, type World } from "./cli/world.ts";
export type { Call } from "./core/call.ts";
export type { Clock } from "./core/clock.ts";
export { DubberError, type ErrorCode } from "./core/error.ts";
export type { Line, Seconds, Segment, Slot, Word } from "./core/segment.ts";
export type { AskCall, ServiceReply } from "./core/service-reply.ts";
export type { Voice } from "./core/voice.ts";
export {
  buildTimelineSentences,
  buildTimelineWav,
  type SynthFunction,
  type Timeline,
  type TimelineOptions,
  type TimelinePlacement,
  type TimelineSegment,
} from "./pipeline/build-timeline.ts";
export {
  burn,
  type DubResult,
  dub,
  prep,
  type RunContext,
  synth,
  youtube,
} from "./pipeline/dub.ts";
export { type Estimate, estimate } from "./pipeline/estimate.ts";
export type { DubEvent, Job, SpeechProgress, StageName } from "./pipeline/events.ts";
export type { DubOptions } from "./pipeline/options.ts";
export { type Review, type ReviewOptions, type ReviewRow, review } from "./pipeline/review.ts";
export { type Openers, prepareSetup, type Setup, type SetupOptions } from "./pipeline/setup.ts";
export type {
  Attempt,
  LimitMemory,
  Outage,
  ScheduledCall,
  SchedulerOptions,
  SchedulerState,
} from "./scheduler/contract.ts";
export { formatAss } from "./subtitles/ass.ts";
export type { Cue } from "./subtitles/cue.ts";
export { type ParsedSubtitles, parseSubtitles } from "./subtitles/parse.ts";
export { formatSrt } from "./subtitles/srt.ts";
export { formatVtt } from "./subtitles/vtt.ts";
export { wrapText } from "./subtitles/wrap.ts";
export {
  type BatchItem,
  type BatchOptions,
  makeSynthBatch,
  type SynthBatch,
} from "./synthesis/batch.ts";
export { BatchError, type BatchResult } from "./synthesis/batch-error.ts";
export {
  bestLocalEngine,
  engineNames,
  type OpenSynthesizerOptions,
  openSynthesizer,
} from "./synthesis/catalogue.ts";
export { chooseVoice } from "./synthesis/choose-voice.ts";
export { type ScheduledSynthesizer, scheduleCalls } from "./synthesis/schedule.ts";
export {
  type LineOutcome,
  type SpeakEachOptions,
  type SpokenLine,
  speakEach,
} from "./synthesis/speak-each.ts";
export type {
  SpeechRequest,
  SpeechResult,
  Synthesizer,
  SynthesizerFeatures,
} from "./synthesis/synthesizer.ts";
export {
  type ElevenlabsBatchOptions,
  makeSynthElevenlabsBatch,
  makeSynthOpenaiBatch,
  type OpenaiBatchOptions,
  processTtsBatch,
  ttsSpeakOpenai,
} from "./synthesis/tts-batch.ts";
export { type GroupOptions, groupSegments } from "./timeline/group.ts";
