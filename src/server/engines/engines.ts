/** The voice engines of a server: those that are configured, opened when they are first needed, shared by all tasks. */
import { DubberError } from "../../core/error.ts";
import type { Voice } from "../../core/voice.ts";
import { engineNames, openSynthesizer } from "../../synthesis/catalogue.ts";
import { type ScheduledSynthesizer, scheduleCalls } from "../../synthesis/schedule.ts";
import type { Synthesizer } from "../../synthesis/synthesizer.ts";
import { withoutKeptVoices } from "./kept-voices.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The variables of which one has to be set for an engine that is not on this machine. */
export const engineNeeds: Readonly<Record<string, readonly string[]>> = {
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
  /** What decides how long a call waits before its next try, 0 ≤ x < 1. Default Math.random. */
  readonly random?: (() => number) | undefined;
};

export type Engines = AsyncDisposable & {
  readonly defaultEngine: string;
  /** Those a request may name: the default one first. */
  readonly names: readonly string[];
  /** Opens it the first time; a failure is not kept. @throws DubberError `unknown_voice` for a name that is none, or what opening throws. */
  get(name: string): Promise<ScheduledSynthesizer>;
  /**
   * The engine's voices for everybody, as it said within the last five minutes: none that it keeps for one owner, and none at all of
   * one that speaks with recordings only.
   *
   * @throws what it throws.
   */
  voices(name: string): Promise<readonly Voice[]>;
  /** The voice of that id, also one the engine does not list; undefined when it has none. @throws what the engine throws that cannot say. */
  findVoice(name: string, id: string): Promise<Voice | undefined>;
};

type VoiceList = {
  readonly voices: readonly Voice[];
  readonly byId: ReadonlyMap<string, Voice>;
};

export function openEngines(options: EnginesOptions): Engines {
  const { env, defaultEngine, limit, callTimeoutMs, outageMs, extra = {}, now, random } = options;
  const configured = engineNames.filter((name) => {
    const variables = engineNeeds[name];
    return variables === undefined || variables.some((variable) => env[variable]?.trim());
  });
  const names = [...new Set([defaultEngine, ...configured, ...Object.keys(extra)])];
  const opened = new Map<string, Promise<ScheduledSynthesizer>>();
  const lists = new Map<string, { readonly atMs: number; readonly list: Promise<VoiceList> }>();
  let isClosed = false;

  async function open(name: string): Promise<ScheduledSynthesizer> {
    const known = Object.hasOwn(extra, name) ? extra[name] : undefined;
    const engine = await (known?.() ?? openSynthesizer(name, { env }));
    const rules = { limit, callTimeoutMs, outageMs, ...(random !== undefined && { random }) };
    return withoutKeptVoices(scheduleCalls(engine, rules));
  }

  async function get(name: string): Promise<ScheduledSynthesizer> {
    if (!names.includes(name)) {
      throw new DubberError("unknown_voice", `This server has no voice engine "${name}".`, {
        hint: `It has: ${names.join(", ")}.`,
      });
    }
    if (isClosed) throw new DubberError("engine_unavailable", "The server is stopping.");
    const known = opened.get(name);
    if (known !== undefined) return await known;
    const engine = open(name);
    opened.set(name, engine);
    engine.catch(() => opened.delete(name));
    return await engine;
  }

  async function askForVoices(name: string): Promise<VoiceList> {
    const engine = await get(name);
    const voices = engine.features.needsRecording ? [] : await engine.voices();
    return { voices, byId: new Map(voices.map((voice) => [voice.id, voice])) };
  }

  function listOf(name: string): Promise<VoiceList> {
    const known = lists.get(name);
    if (known !== undefined && now() - known.atMs < voicesKeptMs) return known.list;
    const asked = { atMs: now(), list: askForVoices(name) };
    lists.set(name, asked);
    asked.list.catch(() => {
      if (lists.get(name) === asked) lists.delete(name);
    });
    return asked.list;
  }

  return {
    defaultEngine,
    names,
    get,
    voices: async (name) => (await listOf(name)).voices,
    async findVoice(name, id) {
      const listed = (await listOf(name)).byId.get(id);
      if (listed !== undefined) return listed;
      const engine = await get(name);
      return await engine.findVoice?.(id).catch((error: unknown) => {
        if (error instanceof DubberError && error.code === "unknown_voice") return undefined;
        throw error;
      });
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await Promise.allSettled([...opened.values()].map(async (engine) => (await engine).close()));
    },
  };
}
