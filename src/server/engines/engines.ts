/** The voice engines of a server: those that are configured, opened when they are first needed, shared by all tasks. */
import type { Call } from "../../core/call.ts";
import { DubberError } from "../../core/error.ts";
import type { Voice } from "../../core/voice.ts";
import { engineNames, openSynthesizer } from "../../synthesis/catalogue.ts";
import { type ScheduledSynthesizer, scheduleCalls } from "../../synthesis/schedule.ts";
import type { Synthesizer } from "../../synthesis/synthesizer.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The variables of which one has to be set for an engine that is not on this machine. */
const needs: Readonly<Record<string, readonly string[]>> = {
  openai: ["OPENAI_API_KEY", "OPENAI_BASE_URL"],
  elevenlabs: ["ELEVENLABS_API_KEY"],
  cosyvoice: ["COSYVOICE_URL"],
};

/** How long a list of voices is taken as it was, ms. */
const voicesKeptMs = 5 * 60_000;

export type EnginesOptions = {
  readonly env: Env;
  /** The one that speaks where a voice does not say it. */
  readonly defaultEngine: string;
  /** Calls to one engine at once. */
  readonly limit: number;
  readonly callTimeoutMs: number;
  readonly outageMs: number;
  /** For tests and embedding: engines that are not in the catalogue. */
  readonly extra?: Readonly<Record<string, () => Promise<Synthesizer>>>;
  /** Unix ms. */
  readonly now: () => number;
};

export type Engines = AsyncDisposable & {
  readonly defaultEngine: string;
  /** Those a request may name: the default one first. */
  readonly names: readonly string[];
  /** Opens it the first time; a failure is not kept. @throws DubberError `engine_unavailable`, or what opening throws. */
  get(name: string): Promise<ScheduledSynthesizer>;
  /** The engine's voices, as it said within the last five minutes. */
  voices(name: string, call?: Call): Promise<readonly Voice[]>;
};

export function openEngines(options: EnginesOptions): Engines {
  const { env, defaultEngine, limit, callTimeoutMs, outageMs, extra = {}, now } = options;
  const configured = engineNames.filter((name) => {
    const variables = needs[name];
    return variables === undefined || variables.some((variable) => env[variable]?.trim());
  });
  const names = [...new Set([defaultEngine, ...configured, ...Object.keys(extra)])];
  const opened = new Map<string, Promise<ScheduledSynthesizer>>();
  const lists = new Map<
    string,
    { readonly atMs: number; readonly voices: Promise<readonly Voice[]> }
  >();

  async function open(name: string): Promise<ScheduledSynthesizer> {
    const engine = await (extra[name]?.() ?? openSynthesizer(name, { env }));
    return scheduleCalls(engine, { limit, callTimeoutMs, outageMs });
  }

  async function get(name: string): Promise<ScheduledSynthesizer> {
    if (!names.includes(name)) {
      throw new DubberError("unknown_voice", `This server has no voice engine "${name}".`, {
        hint: `It has: ${names.join(", ")}.`,
      });
    }
    const engine = opened.get(name) ?? open(name);
    opened.set(name, engine);
    engine.catch(() => opened.delete(name));
    return engine;
  }

  return {
    defaultEngine,
    names,
    get,
    voices(name, call) {
      const known = lists.get(name);
      if (known !== undefined && now() - known.atMs < voicesKeptMs) return known.voices;
      const voices = get(name).then((engine) => engine.voices(call));
      lists.set(name, { atMs: now(), voices });
      voices.catch(() => lists.delete(name));
      return voices;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...opened.values()].map(async (engine) => (await engine).close())).catch(
        () => {},
      );
    },
  };
}
