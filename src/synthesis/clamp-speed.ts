/** Speeds a service does not take become the nearest it does. */
import { DubberError } from "../core/error.ts";
import type { SynthesizerFeatures } from "./synthesizer.ts";

/**
 * The speed to ask for; 1 for an engine that has one pace only.
 *
 * @param speed as requested; 1 when undefined.
 * @param title the engine's, for the warning.
 * @param warnings takes a sentence when the speed could not be kept.
 * @throws DubberError `invalid_options` for a speed that is no positive number.
 */
export function clampSpeed(
  speed = 1,
  {
    range,
    title,
    warnings,
  }: {
    readonly range: SynthesizerFeatures["speed"];
    readonly title: string;
    readonly warnings: string[];
  },
): number {
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new DubberError("invalid_options", `${speed} is not a speed.`, {
      hint: "1 is the voice's own pace, 1.2 a fifth faster.",
    });
  }
  if (range === undefined) {
    if (speed !== 1) warnings.push(`${title} has one pace only; the speed ${speed} was ignored.`);
    return 1;
  }
  const clamped = Math.min(range.max, Math.max(range.min, speed));
  if (clamped !== speed) {
    warnings.push(
      `${title} speaks at ${range.min} to ${range.max} times its pace; ${speed} became ${clamped}.`,
    );
  }
  return clamped;
}
