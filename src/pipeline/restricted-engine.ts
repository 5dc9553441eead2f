/** An engine that speaks only some lines: for runs that must not ask for everything that is missing. */
import { DubberError } from "../core/error.ts";
import type { ScheduledSynthesizer } from "../synthesis/schedule.ts";

/**
 * The same engine, with the same names for its clips, whose `speak` refuses lines without asking anybody.
 *
 * @param refusal why the line is not spoken, a sentence; undefined when it may be.
 * @param hint how to have it spoken after all.
 */
export function restrictEngine(
  engine: ScheduledSynthesizer,
  refusal: (lineId: string) => string | undefined,
  hint: string,
): ScheduledSynthesizer {
  return {
    ...engine,
    async speak(request, call) {
      const reason = refusal(call?.lineId ?? "");
      if (reason !== undefined) throw new DubberError("engine_failed", reason, { hint });
      return await engine.speak(request, call);
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
