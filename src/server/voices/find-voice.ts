/** Which engine speaks, and with what: an own voice, an alias, or a voice an engine brings along. */
import type { SpeechKind } from "../../api/synthesis.ts";
import type { Voice } from "../../core/voice.ts";
import { ApiError } from "../api-error.ts";
import { type Engines, engineNeeds } from "../engines/engines.ts";
import type { Owner } from "../tasks/contract.ts";
import { aliasEngine, voiceAliases } from "./aliases.ts";
import type { StoredVoice, VoiceStore } from "./contract.ts";

/** Where a voice comes from. */
export type FoundVoice =
  | { readonly is: "engine"; readonly engine: string; readonly voice: Voice }
  | { readonly is: "own"; readonly engine: string | undefined; readonly voice: StoredVoice };

export type FindVoiceContext = { readonly engines: Engines; readonly voices: VoiceStore };

/**
 * Finds a voice by id: an own one first, then an alias, `engine:voice`, and a bare name of the default or any other engine.
 *
 * @param options.engine only this one, where the request names it.
 * @throws ApiError `voice_not_found`; what an engine throws whose voices cannot be listed, where no other has the voice.
 */
export async function findVoice(
  { engines, voices }: FindVoiceContext,
  {
    owner,
    id,
    engine,
  }: { readonly owner: Owner; readonly id: string; readonly engine?: string | undefined },
): Promise<FoundVoice> {
  const own = await voices.get(owner, id);
  if (own !== undefined) return { is: "own", voice: own, engine: await cloningEngine(engines) };
  const alias = voiceAliases.get(id);
  if (alias !== undefined) return await inEngine(engines, aliasEngine, alias, id);
  const colon = id.indexOf(":");
  const named = colon > 0 ? id.slice(0, colon) : undefined;
  if (named !== undefined && engines.names.includes(named)) {
    return await inEngine(engines, named, id.slice(colon + 1), id);
  }
  let trouble: unknown;
  for (const name of engine === undefined ? engines.names : [engine]) {
    try {
      const voice = await engines.findVoice(name, id);
      if (voice !== undefined) return { is: "engine", engine: name, voice };
    } catch (error) {
      trouble ??= error;
    }
  }
  throw trouble ?? unknownVoice(id);
}

async function inEngine(
  engines: Engines,
  engine: string,
  voice: string,
  id: string,
): Promise<FoundVoice> {
  const found = await engines.findVoice(engine, voice);
  if (found === undefined) throw unknownVoice(id);
  return { is: "engine", engine, voice: found };
}

/**
 * The engine that speaks like a recording: the default one if it can, else the first that can; undefined when none can.
 *
 * @param options.kind one that can do what this kind of request is for goes before the others.
 */
export async function cloningEngine(
  engines: Engines,
  { kind = "sft" }: { readonly kind?: SpeechKind } = {},
): Promise<string | undefined> {
  return (await lookForCloning(engines, kind)).engine;
}

/** @throws what an engine throws that cannot be opened, where no other can clone; ApiError `engine_unsupported`. */
export async function needCloningEngine(engines: Engines, kind: SpeechKind): Promise<string> {
  const { engine, trouble } = await lookForCloning(engines, kind);
  if (engine === undefined && trouble !== undefined) throw trouble;
  return needCloning(engine);
}

async function lookForCloning(engines: Engines, kind: SpeechKind) {
  let [first, trouble]: [string | undefined, unknown] = [undefined, undefined];
  for (const name of engines.names) {
    try {
      const { features } = await engines.get(name);
      if (!features.cloning) continue;
      if (kind !== "instruct" || features.instructions) return { engine: name, trouble };
      first ??= name;
    } catch (error) {
      trouble ??= error;
    }
  }
  return { engine: first, trouble };
}

/** What to do about it: an engine that is there only once it is set up is named with what it needs. */
function wayOut(id: string): string {
  const engine = id.split(":", 1)[0] ?? "";
  const needs = id.includes(":") && Object.hasOwn(engineNeeds, engine) ? engineNeeds[engine] : [];
  const list = "GET /api/v1/voices/pretrained/list names those of the engines.";
  return needs?.length
    ? `The engine ${engine} is there once ${needs.join(" or ")} is set. ${list}`
    : list;
}

/** A voice nobody has. What was asked for is quoted, cut and without control characters. */
export function unknownVoice(id: string): ApiError {
  const shown = id.replace(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, 64);
  const hint = wayOut(id);
  return new ApiError("voice_not_found", `There is no voice "${shown}". ${hint}`, {
    details: { voice_id: shown, hint },
  });
}

const howToClone =
  "Set COSYVOICE_URL to a CosyVoice server, or ELEVENLABS_API_KEY, to have this server speak like a recording.";

/** @throws ApiError `engine_unsupported` when nobody configured can speak like a recording. */
function needCloning(engine: string | undefined): string {
  if (engine !== undefined) return engine;
  throw new ApiError(
    "engine_unsupported",
    `No voice engine of this server can speak like a recording. ${howToClone}`,
  );
}

/** @throws ApiError `engine_unsupported` when the engine cannot do what this kind of request is for. */
export async function checkKind(engines: Engines, kind: SpeechKind, engine: string): Promise<void> {
  if (kind !== "instruct") return;
  const { features } = await engines.get(engine);
  if (features.instructions) return;
  throw new ApiError(
    "engine_unsupported",
    `The voice engine ${engine} cannot follow instructions. Choose a voice of openai, or a recorded one with a CosyVoice server (COSYVOICE_URL).`,
  );
}
