/** Who is asked to speak: the engine, less of it, or another one when it fails. */
import { join } from "node:path";
import type { Call } from "../core/call.ts";
import type { Line } from "../core/segment.ts";
import type { Outage } from "../scheduler/contract.ts";
import type { ScheduledSynthesizer } from "../synthesis/schedule.ts";
import type { DubEvent } from "./events.ts";
import { castVoices } from "./lines.ts";
import type { CheckedOptions } from "./options.ts";
import { readPlan } from "./plan-file.ts";
import { restrictEngine } from "./restricted-engine.ts";
import type { Setup } from "./setup.ts";
import type { Cast } from "./spoken-clips.ts";
import type { WorkDirectory } from "./work-directory.ts";

type FallbackInput = {
  readonly setup: Setup;
  readonly options: CheckedOptions;
  readonly language: string | undefined;
};

/** Lines the last run could not speak; none when there was no such run. */
export async function lastFailures(work: WorkDirectory): Promise<ReadonlySet<string>> {
  const plan = await readPlan(join(work.languageRoot, "plan.json")).catch(() => undefined);
  return new Set(plan?.failures.map(({ id }) => id));
}

/** The engine this run may ask: none at all, or only for what failed last time. */
export function restricted(
  engine: ScheduledSynthesizer,
  failed: ReadonlySet<string>,
  { noTts, retryFailed }: CheckedOptions,
): ScheduledSynthesizer {
  if (noTts) {
    const reason = "there is no clip yet, and --no-tts asks for none.";
    return restrictEngine(engine, () => reason, "Leave out --no-tts to have it spoken.");
  }
  if (!retryFailed) return engine;
  const why = failed.size > 0 ? "it did not fail last time" : "nothing failed last time";
  return restrictEngine(
    engine,
    (id) => (failed.has(id) ? undefined : `${why}, and --retry-failed asks for nothing else.`),
    "Leave out --retry-failed to speak everything that is missing.",
  );
}

/** The engine for lines the first one fails on, and its voices; undefined when none was named. */
export async function castFallback(
  { setup, options, language }: FallbackInput,
  lines: readonly Line[],
  call: Call,
): Promise<Cast | undefined> {
  const engine = options.noTts ? undefined : await setup.fallback();
  if (engine === undefined) return undefined;
  const { fallbackVoice, gender } = options;
  const wish = {
    voiceMap: {},
    ...(gender && { gender }),
    ...(fallbackVoice && { voice: fallbackVoice }),
  };
  const { casting } = await castVoices(lines, language, wish, engine, call);
  return { engine, casting };
}

/** What a person is told when a service stops answering, and when it is back. */
export function outageWarning(
  outage: Outage,
  who: string,
  stage: "prep" | "synth" | "youtube",
): DubEvent {
  const message = outage.isDown
    ? `${outage.message} Waiting for it up to ${Math.round(outage.patienceMs / 1000)} s; what is done is kept.`
    : `${who} answers again after ${Math.round(outage.afterMs / 1000)} s.`;
  return { type: "warning", stage, message };
}
