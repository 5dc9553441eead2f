/** What runs work with: ffmpeg, voice engines, recognisers and language models, found only when they are needed, shared by all runs that are given it. */
import { availableParallelism } from "node:os";
import { type AudioWorkers, openAudioWorkers } from "../audio/audio-workers.ts";
import { findTools, type Tools } from "../media/tools.ts";
import type { Outage, SchedulerOptions } from "../scheduler/contract.ts";
import { bestLocalEngine, openSynthesizer } from "../synthesis/catalogue.ts";
import { type ScheduledSynthesizer, scheduleCalls } from "../synthesis/schedule.ts";
import { openLimitMemory } from "./limit-memory.ts";
import { prepareTextEngines, type TextEngines } from "./text-engines.ts";

/** Tools and engines, for one run or for several that share them. Dispose it when all have ended. */
export type Setup = AsyncDisposable & {
  /** Processes and threads at work. */
  readonly workers: number;
  /** Whether somebody named the engine, or it is the best local one. */
  readonly isEngineNamed: boolean;
  /** Finds ffmpeg the first time it is called. */
  tools(): Promise<Tools>;
  /** Opens the engine the first time it is called; disposing the setup closes it. Everybody shares its limit of calls in flight. */
  synthesizer(): Promise<ScheduledSynthesizer>;
  /** The engine for lines the first one keeps failing on; undefined when none was named. */
  fallback(): Promise<ScheduledSynthesizer> | undefined;
  /** Recognisers, speech detectors and language models. */
  readonly text: TextEngines;
  /** Threads for the sound of one run, `count` of them; the run closes them. */
  audioWorkers(count: number): AudioWorkers;
  /** Tells `listener` when a service stops answering and when it is back, until the returned function is called. */
  onOutage(listener: (outage: Outage) => void): () => void;
};

/** How the parts of a setup are opened. A program that keeps them open from run to run gives its own. */
export type Openers = {
  readonly findTools: typeof findTools;
  readonly openSynthesizer: typeof openSynthesizer;
  readonly openAudioWorkers: typeof openAudioWorkers;
  /** What decides how long a call waits before its next try, 0 ≤ x < 1. Default Math.random. */
  readonly random?: () => number;
};

const usualOpeners: Openers = { findTools, openSynthesizer, openAudioWorkers };

/** Which engine, how it is asked, and where keys come from. */
export type SetupOptions = {
  /** Where FFMPEG_PATH and PATH, keys and addresses of services, and the cache folder come from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: the best local engine. */
  readonly engine?: string | undefined;
  readonly ttsModel?: string | undefined;
  /** Default: one per core. */
  readonly workers?: number | undefined;
  /** Calls in flight at most, for each engine. Default 5. */
  readonly maxConcurrent?: number | "auto" | undefined;
  /** Tries after the first. Default 4. */
  readonly ttsRetries?: number | undefined;
  /** Seconds one call may take. Default 120. */
  readonly ttsTimeout?: number | undefined;
  /** Seconds a service may be down before its lines are given up. Default 120. */
  readonly ttsPatience?: number | undefined;
  readonly fallbackProvider?: string | undefined;
  readonly fallbackModel?: string | undefined;
  /** Default: everything is opened for this setup alone. */
  readonly openers?: Openers | undefined;
};

/** Prepares tools and engines of this machine; nothing is started before it is asked for. */
export function prepareSetup(options: SetupOptions): Setup {
  const { env, engine, ttsModel, workers, fallbackProvider, fallbackModel } = options;
  const { openers = usualOpeners } = options;
  const count = workers ?? availableParallelism();
  const listeners = new Set<(outage: Outage) => void>();
  let tools: Promise<Tools> | undefined;
  let synthesizer: Promise<ScheduledSynthesizer> | undefined;
  let fallback: Promise<ScheduledSynthesizer> | undefined;

  const onOutage = (outage: Outage): void => {
    for (const tell of listeners) tell(outage);
  };
  const text = prepareTextEngines({ env, scheduling: { ...schedulerOptions(options), onOutage } });

  async function open(name: string, model: string | undefined): Promise<ScheduledSynthesizer> {
    const isLocal = name === bestLocalEngine;
    const opened = await openers.openSynthesizer(name, {
      env,
      ...(isLocal && { lanes: count }),
      ...(model !== undefined && { model }),
    });
    return scheduleCalls(opened, {
      ...schedulerOptions(options),
      memory: openLimitMemory(opened, env),
      onOutage,
    });
  }

  return {
    workers: count,
    isEngineNamed: engine !== undefined,
    tools: () => (tools ??= openers.findTools({ env })),
    synthesizer: () => (synthesizer ??= open(engine ?? bestLocalEngine, ttsModel)),
    fallback() {
      if (fallbackProvider === undefined) return undefined;
      fallback ??= open(fallbackProvider, fallbackModel);
      return fallback;
    },
    text,
    audioWorkers: (count) => openers.openAudioWorkers({ count }),
    onOutage(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      await text[Symbol.asyncDispose]();
      for (const opening of [synthesizer, fallback]) {
        await (await opening?.catch(() => undefined))?.close();
      }
    },
  };
}

function schedulerOptions({
  maxConcurrent,
  ttsRetries,
  ttsTimeout,
  ttsPatience,
  openers,
}: SetupOptions): SchedulerOptions {
  return {
    ...(maxConcurrent !== undefined && { limit: maxConcurrent }),
    ...(ttsRetries !== undefined && { retries: ttsRetries }),
    ...(ttsTimeout !== undefined && { callTimeoutMs: ttsTimeout * 1000 }),
    ...(ttsPatience !== undefined && { outageMs: ttsPatience * 1000 }),
    ...(openers?.random !== undefined && { random: openers.random }),
  };
}
