/** What a run works with: ffmpeg and a voice engine, found only when they are needed. */
import { availableParallelism } from "node:os";
import { findTools, type Tools } from "../media/tools.ts";
import { openSynthesizer } from "../synthesis/catalogue.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";

export type Setup = AsyncDisposable & {
  /** Processes and threads at work. */
  readonly workers: number;
  /** Finds ffmpeg the first time it is called. */
  tools(): Promise<Tools>;
  /** Opens the engine the first time it is called; disposing the setup closes it. */
  synthesizer(): Promise<Synthesizer>;
};

export type SetupOptions = {
  /** Where FFMPEG_PATH and PATH come from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly engine: string;
  /** Default: one per core. */
  readonly workers?: number | undefined;
};

/** Prepares tools and engine of this machine; nothing is started before it is asked for. */
export function prepareSetup({ env, engine, workers }: SetupOptions): Setup {
  const count = workers ?? availableParallelism();
  let tools: Promise<Tools> | undefined;
  let synthesizer: Promise<Synthesizer> | undefined;
  return {
    workers: count,
    tools: () => (tools ??= findTools({ env })),
    synthesizer: () => (synthesizer ??= openSynthesizer(engine, { lanes: count })),
    async [Symbol.asyncDispose]() {
      await (await synthesizer?.catch(() => undefined))?.close();
    },
  };
}
