/** Has the engine speak what has no clip yet, a second one what the first cannot, and looks at every clip before it is trusted. */
import { inspectClip } from "../audio/fit-clip.ts";
import type { Bill } from "../core/bill.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { Line, Slot } from "../core/segment.ts";
import type { Attempt } from "../scheduler/contract.ts";
import { openBudget } from "../synthesis/budget.ts";
import type { ScheduledSynthesizer } from "../synthesis/schedule.ts";
import { type LineFailure, type SpeakProgress, speakLines } from "../synthesis/speak-lines.ts";
import { checkPrice, usdPerMinute } from "./cost.ts";
import type { DubEvent, Emit } from "./events.ts";
import type { Casting } from "./lines.ts";
import type { CheckedOptions } from "./options.ts";
import { shorten } from "./shorten.ts";
import { toRequests } from "./speech-requests.ts";

/** What a clip is, once it is on disk, and the voice that is heard in it. */
export type Clip = {
  readonly path: string;
  readonly speech: Slot;
  readonly levelDb: number;
  readonly voice: string;
};

/** An engine and who speaks with which of its voices. */
export type Cast = { readonly engine: ScheduledSynthesizer; readonly casting: Casting };

export type SpeakInput = {
  readonly options: CheckedOptions;
  readonly language: string | undefined;
  readonly cast: Cast;
  /** Opened when lines failed, and only then. */
  readonly fallback: () => Promise<Cast | undefined>;
  readonly onAttempt: (attempt: Attempt) => void;
  readonly bill: Bill;
  readonly emit: Emit;
};

/** What the speaking took, for the report and the bill. */
export type SpeechAccount = {
  readonly spoken: number;
  readonly reused: number;
  readonly seconds: number;
  readonly costUsd: number;
  /** Lines the fallback spoke. */
  readonly byFallback: number;
};

/**
 * Speaks `lines` into `directory`, as many at once as the engine's scheduler allows.
 *
 * @returns clips and failures by line; a line is in one of the two, or in neither when it holds nothing to speak (see `remarks`).
 */
export async function speakClips(
  input: SpeakInput,
  lines: readonly Line[],
  directory: string,
  call: Call,
): Promise<{
  readonly clips: ReadonlyMap<string, Clip>;
  readonly failures: readonly LineFailure[];
  /** What the engine had to say about lines, each thing once. */
  readonly remarks: readonly string[];
  readonly account: SpeechAccount;
}> {
  const first = await speakWith(input, input.cast, lines, directory, call);
  const second = await speakFailed(input, first.failures, lines, directory, call);
  const clips = new Map([...first.clips, ...(second?.clips ?? [])]);
  const inspected = await mapConcurrent(
    [...clips],
    8,
    async ([id, { path, voice }]): Promise<[string, Clip]> => {
      const { speechStart, speechEnd, rmsDb } = await inspectClip(path);
      return [id, { path, voice, speech: { start: speechStart, end: speechEnd }, levelDb: rmsDb }];
    },
    call,
  );
  // A clip without a sound in it is a failure to be told, not silence to be passed off as speech.
  const isHeard = ([, { speech }]: [string, Clip]): boolean => speech.end > speech.start;
  const mute = inspected.filter((entry) => !isHeard(entry)).map(([id]) => id);
  const silence = new DubberError("engine_failed", "the voice gave only silence");
  const text = new Map(lines.map((line) => [line.id, line.text]));
  const heard = new Map(inspected.filter(isHeard));
  const all = [first, ...(second ? [second] : [])];
  return {
    clips: heard,
    failures: [...(second ?? first).failures, ...mute.map((id) => ({ id, error: silence }))],
    remarks: [
      ...sumUp(
        all.flatMap(({ warnings }) => warnings),
        text,
      ),
      ...(second?.remarks ?? []),
    ],
    account: {
      spoken: sum(all.map(({ spoken }) => spoken)),
      reused: sum(all.map(({ reused }) => reused)),
      seconds: sum(all.map(({ spokenSeconds }) => spokenSeconds)),
      costUsd: sum(all.map(({ costUsd }) => costUsd)),
      byFallback: second?.clips.size ?? 0,
    },
  };
}

async function speakWith(
  { options, language, onAttempt, bill, emit }: SpeakInput,
  { engine, casting }: Cast,
  lines: readonly Line[],
  directory: string,
  call: Call,
) {
  const perMinute = usdPerMinute(engine.name, options);
  const budget = openBudget({ usdPerMinute: perMinute, bill });
  const startedAt = performance.now();
  const requests = toRequests(lines, language, casting, engine, options);
  await checkPrice(requests, engine, { directory, perMinute, maxUsd: bill.leftUsd });
  const result = await speakLines(
    {
      ...{ synthesizer: engine, lines: requests, directory, budget, onAttempt },
      onProgress: (progress) =>
        emit(progressEvent(progress, startedAt, perMinute > 0 ? budget.spentUsd : undefined)),
    },
    call,
  );
  const voices = new Map(requests.map(({ id, voice }) => [id, voice]));
  const clips = new Map(
    [...result.clips].map(([id, { path }]) => [id, { path, voice: voices.get(id) as string }]),
  );
  return { ...result, clips, costUsd: budget.spentUsd };
}

/**
 * The lines that failed once more, with the other engine, where there is one. An engine that cannot help takes nothing away: the failures
 * stay what they were.
 */
async function speakFailed(
  input: SpeakInput,
  failures: readonly LineFailure[],
  lines: readonly Line[],
  directory: string,
  call: Call,
) {
  // Money that may not be spent is no fault of the engine's.
  const reasons = new Map(
    failures
      .filter(({ error }) => error.code !== "too_expensive")
      .map(({ id, error }) => [id, error]),
  );
  if (reasons.size === 0) return undefined;
  const again = lines.filter(({ id }) => reasons.has(id));
  try {
    const cast = await input.fallback();
    if (cast === undefined) return undefined;
    const result = await speakWith(input, cast, again, directory, call);
    const rest = failures.filter(({ error }) => error.code === "too_expensive");
    const { name } = input.cast.engine;
    const remarks = again
      .filter(({ id }) => result.clips.has(id))
      .map(
        ({ id, text }) =>
          `"${shorten(text)}" was spoken by ${cast.engine.name}, since ${name} failed: ${reasons.get(id)?.message}`,
      );
    return { ...result, failures: [...rest, ...result.failures], remarks };
  } catch (error) {
    const isAboutDisk = error instanceof DubberError && diskCodes.has(error.code);
    if (!(error instanceof DubberError) || isAboutDisk) throw error;
    const hint = error.hint === undefined ? "" : ` ${error.hint}`;
    return {
      ...nothing,
      failures,
      remarks: [`The fallback could not help: ${error.message}${hint}`],
    };
  }
}

/** What keeps a clip from the disk keeps every clip from it. */
const diskCodes: ReadonlySet<string> = new Set(["disk_full", "not_writable", "unreadable"]);

const nothing = {
  ...{ clips: new Map(), warnings: [], spoken: 0, reused: 0, spokenSeconds: 0, costUsd: 0 },
};

function progressEvent(
  { done, total, failed, charactersDone, charactersTotal, spokenSeconds, engine }: SpeakProgress,
  startedAt: number,
  costUsd: number | undefined,
): DubEvent {
  const elapsed = (performance.now() - startedAt) / 1000;
  // By characters, since the longest lines come first.
  const left =
    charactersDone > 0
      ? (elapsed / charactersDone) * (charactersTotal - charactersDone)
      : undefined;
  return {
    ...{ type: "progress", stage: "synth", done, total, unit: "lines" },
    speech: {
      ...{ failed, charactersDone, charactersTotal, spokenSeconds },
      ...{ inFlight: engine.inFlight, limit: engine.limit, retries: engine.retries },
      ...(left !== undefined && { etaSeconds: Math.round(left * 10) / 10 }),
      ...(costUsd !== undefined && { costUsd: Math.round(costUsd * 10_000) / 10_000 }),
    },
  };
}

/** What was said of one line is quoted with it; what was said of many is said once. */
function sumUp(
  warnings: readonly { readonly id: string; readonly message: string }[],
  text: ReadonlyMap<string, string>,
): readonly string[] {
  const byMessage = Map.groupBy(warnings, ({ message }) => message);
  return [...byMessage].map(([message, [first, ...more]]) =>
    more.length > 0
      ? `${message} (${more.length + 1} lines)`
      : `"${shorten(text.get(first?.id ?? "") ?? "")}": ${message}`,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
