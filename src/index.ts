/**
 * Dubber's public API; the only barrel. Importing it starts nothing and loads no engine.
 *
 * @module
 */
export type { Call } from "./core/call.ts";
export { DubberError, type ErrorCode } from "./core/error.ts";
export type { Line, Seconds, Segment, Slot, Word } from "./core/segment.ts";
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
export { burn, type DubResult, dub, prep, type RunContext, synth } from "./pipeline/dub.ts";
export type { DubEvent, Job, StageName } from "./pipeline/events.ts";
export type { DubOptions } from "./pipeline/options.ts";
export { prepareSetup, type Setup, type SetupOptions } from "./pipeline/setup.ts";
export { formatAss } from "./subtitles/ass.ts";
export type { Cue } from "./subtitles/cue.ts";
export { type ParsedSubtitles, parseSubtitles } from "./subtitles/parse.ts";
export { formatSrt } from "./subtitles/srt.ts";
export { formatVtt } from "./subtitles/vtt.ts";
export { wrapText } from "./subtitles/wrap.ts";
export { engineNames, openSynthesizer } from "./synthesis/catalogue.ts";
export { chooseVoice } from "./synthesis/choose-voice.ts";
export type { SpeechRequest, SpeechResult, Synthesizer } from "./synthesis/synthesizer.ts";
export { type GroupOptions, groupSegments } from "./timeline/group.ts";
