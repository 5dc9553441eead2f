/** Reads what ElevenLabs says: its list of voices, and why it refuses. */
import { z } from "zod";
import { parseLanguage } from "../core/language.ts";
import type { Voice } from "../core/voice.ts";
import type { ServiceAnswer } from "../service/connection.ts";
import type { Refusal } from "../service/failure.ts";
import { plainText, readJson } from "../service/json.ts";

const word = z.string().nullish().catch(undefined);
const listSchema = z.looseObject({
  voices: z.array(
    z.looseObject({
      voice_id: z.string().min(1),
      name: word,
      labels: z.looseObject({ gender: word, language: word }).nullish().catch(undefined),
      verified_languages: z
        .array(z.looseObject({ language: word, locale: word }))
        .nullish()
        .catch(undefined),
    }),
  ),
});
type ListedVoice = z.infer<typeof listSchema>["voices"][number];

/**
 * The voices of a list; undefined when it is none.
 *
 * @param languages of the model: every voice speaks them, those it was checked in stand before them.
 */
export function readVoices(
  body: Uint8Array,
  languages: readonly string[],
): readonly Voice[] | undefined {
  const list = listSchema.safeParse(readJson(body)).data?.voices;
  const voices = list?.map((voice) => ({
    id: voice.voice_id,
    name: voice.name || voice.voice_id,
    languages: languagesOf(voice, languages),
    gender: genderOf(voice.labels?.gender),
  }));
  return voices && [...new Map(voices.map((voice) => [voice.id, voice])).values()];
}

function languagesOf(voice: ListedVoice, languages: readonly string[]): readonly string[] {
  const verified = voice.verified_languages ?? [];
  const own = [
    voice.labels?.language,
    ...verified.flatMap(({ locale, language }) => [locale, language]),
  ];
  return [...new Set([...own.flatMap(canonicalTag), ...languages])];
}

/** A tag or an English name as a tag; nothing for what is neither. */
function canonicalTag(language: string | null | undefined): readonly string[] {
  if (!language) return [];
  try {
    return Intl.getCanonicalLocales(parseLanguage(language));
  } catch {
    return [];
  }
}

function genderOf(label: string | null | undefined): Voice["gender"] {
  const gender = label?.toLowerCase();
  return gender === "female" || gender === "male" ? gender : "neutral";
}

const refusalSchema = z.looseObject({
  detail: z.union([
    z.string().transform((message) => ({ status: undefined, code: undefined, message })),
    z
      .array(z.looseObject({ loc: z.array(z.unknown()).catch([]), msg: word }))
      .transform((problems) => ({
        status: undefined,
        code: undefined,
        message: problems.map(({ loc, msg }) => `${loc.join(".")}: ${msg ?? ""}`).join("; "),
      })),
    z.looseObject({ status: word, code: word, message: word }),
  ]),
});

const meanings: Readonly<Record<string, Refusal["about"]>> = {
  quota_exceeded: "quota",
  invalid_api_key: "key",
  needs_authorization: "key",
  missing_permissions: "key",
  detected_unusual_activity: "key",
  voice_not_found: "voice",
  voice_does_not_exist: "voice",
  invalid_uid: "voice",
  model_not_found: "model",
  model_access_denied: "model",
  model_can_not_do_text_to_speech: "model",
  unsupported_model: "model",
};

const namesRights = /\b(?:scopes?|permissions?)\b/i;

/** What a refusal is about, from the status word it carries. */
export function understandElevenlabs({ body }: ServiceAnswer): Omit<Refusal, "status"> {
  const { name, message } = readRefusal(body);
  return { about: meanings[name ?? ""], message };
}

/** Whether the key itself is refused, and not what it may do. */
export function isRefusedKey({ status, body }: ServiceAnswer): boolean {
  const { name, message } = readRefusal(body);
  if (name !== undefined) return name === "invalid_api_key" || name === "needs_authorization";
  return status === 401 && !namesRights.test(message);
}

/** Whether the key is taken, but may make no voices: its rights or its plan lack that. */
export function isCloningRefused({ status, body }: ServiceAnswer): boolean {
  const { words = [], name, message } = readRefusal(body);
  if (words.includes("can_not_use_instant_voice_cloning")) return true;
  if (name !== undefined) return name === "missing_permissions";
  return (status === 401 || status === 403) && namesRights.test(message);
}

const addedSchema = z.looseObject({ voice_id: z.string().min(1) });

/** The id of a voice that was made; undefined when the answer names none. */
export function readAddedVoice(body: Uint8Array): string | undefined {
  return addedSchema.safeParse(readJson(body)).data?.voice_id;
}

type ReadRefusal = {
  /** The word in it that is known. */
  readonly name?: string;
  readonly words?: readonly string[];
  readonly message: string;
};

function readRefusal(body: Uint8Array): ReadRefusal {
  const detail = refusalSchema.safeParse(readJson(body)).data?.detail;
  if (detail === undefined) return { message: plainText(body) };
  const words = [detail.status, detail.code].filter((one) => typeof one === "string");
  const name = words.find((one) => Object.hasOwn(meanings, one));
  return { ...(name && { name }), words, message: detail.message ?? detail.status ?? "" };
}
