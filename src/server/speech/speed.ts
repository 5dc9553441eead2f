/** Speeds an engine cannot speak at: it does what it can, and its sound is stretched for the rest. */
import type { Call } from "../../core/call.ts";
import type { SpeechResult, SynthesizerFeatures } from "../../synthesis/synthesizer.ts";

/** Makes sound quicker by a factor, its pitch kept; see the audio folder. */
export type ChangeTempo = (
  sound: { readonly audio: Int16Array; readonly sampleRate: number; readonly tempo: number },
  call: Call,
) => Promise<Int16Array>;

export type SharedSpeed = {
  /** What the engine is asked for. */
  readonly asked: number;
  /** What its sound is made quicker by. */
  readonly rest: number;
};

/**
 * @param speed 1 is the voice's own pace.
 * @param range what the engine takes; undefined when it has one pace only.
 */
export function shareSpeed(speed: number, range: SynthesizerFeatures["speed"]): SharedSpeed {
  const asked = range === undefined ? 1 : Math.min(range.max, Math.max(range.min, speed));
  return { asked, rest: speed / asked };
}

/** The sound at its full speed. */
export async function keepSpeed(
  result: SpeechResult,
  { rest }: SharedSpeed,
  changeTempo: ChangeTempo,
  call: Call,
): Promise<SpeechResult> {
  if (rest === 1) return result;
  const { audio, sampleRate } = result;
  return { ...result, audio: await changeTempo({ audio, sampleRate, tempo: rest }, call) };
}
