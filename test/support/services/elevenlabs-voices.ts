/** The voices of the fake ElevenLabs, as its list of voices gives them, and those that are made of recordings. */
import { hashBytes } from "../../../src/core/hash.ts";

const preview = "https://127.0.0.1/preview.mp3";

const everybodys = [
  voice(
    "21m00Tcm4TlvDq8ikWAM",
    "Rachel",
    { gender: "female", language: "en", accent: "american" },
    [
      ["en", "en-US"],
      ["es", "es-MX"],
      ["zh", "cmn-CN"],
    ],
  ),
  voice("JBFqnCBsd6RMkjVDRZzb", "George", { gender: "male", language: "en", accent: "british" }, [
    ["en", "en-GB"],
    ["fr", "fr-FR"],
  ]),
  voice(
    "xctasy8XvGp2cVO9HL9k",
    "Lucía",
    { gender: "female", language: "es", accent: "castilian" },
    [["es", "es-ES"]],
  ),
  voice(
    "SAz9YHcvj6GT2YYXdXww",
    "River",
    { gender: "neutral", language: "en", accent: "american" },
    [],
  ),
  // A voice somebody made: no labels, and no word about its languages.
  {
    ...voice("ownClonedVoice000001", "My own voice", {}, []),
    category: "cloned",
    verified_languages: null,
  },
] as const;

/** The voices of one account. */
export type OwnVoices = {
  list(): readonly object[];
  has(id: string): boolean;
  readonly isFull: boolean;
  /** @returns the id of the new voice; two of one name and one recording are two voices. */
  add(name: string, recording: Buffer): string;
  remove(id: string): void;
  /** What a voice sounds like: recordings that are equal make voices that sound the same. */
  soundOf(id: string): string;
};

/** @param most how many voices it may make. */
export function ownVoices(most = 30): OwnVoices {
  const all = new Map<string, Listed>(everybodys.map((one) => [one.voice_id, one]));
  const sounds = new Map<string, string>();
  let made = 0;
  return {
    list: () => [...all.values()],
    has: (id) => all.has(id),
    get isFull() {
      return sounds.size >= most;
    },
    add(name, recording) {
      made += 1;
      const id = `madeVoice${String(made).padStart(11, "0")}`;
      all.set(id, { ...voice(id, name, {}, []), category: "cloned" });
      sounds.set(id, hashBytes(recording));
      return id;
    },
    remove(id) {
      all.delete(id);
      sounds.delete(id);
    },
    soundOf: (id) => sounds.get(id) ?? id,
  };
}

type Listed = { readonly voice_id: string } & Readonly<Record<string, unknown>>;

function voice(
  voice_id: string,
  name: string,
  labels: Readonly<Record<string, string>>,
  languages: readonly (readonly [language: string, locale: string])[],
) {
  return {
    voice_id,
    name,
    category: "premade",
    labels: { ...labels, ...(labels.gender && { age: "young", use_case: "narration" }) },
    description: null,
    preview_url: preview,
    settings: null,
    high_quality_base_model_ids: ["eleven_multilingual_v2", "eleven_flash_v2_5"],
    verified_languages: languages.map(([language, locale]) => ({
      language,
      locale,
      accent: "standard",
      model_id: "eleven_multilingual_v2",
      preview_url: preview,
    })),
  };
}
