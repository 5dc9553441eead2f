/** The voices of the fake ElevenLabs, as its list of voices gives them. */

const preview = "https://127.0.0.1/preview.mp3";

export const elevenlabsVoices = [
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
