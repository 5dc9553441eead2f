/** What OpenAI's names mean on a server without OpenAI: clients that can name no other voice are heard all the same. */

/** OpenAI's name → alias. */
export const openaiNames: Readonly<Record<string, string>> = {
  alloy: "pretrained_voice_001",
  ash: "pretrained_voice_001",
  ballad: "pretrained_voice_003",
  cedar: "pretrained_voice_003",
  coral: "pretrained_voice_002",
  echo: "pretrained_voice_003",
  fable: "pretrained_voice_003",
  marin: "pretrained_voice_004",
  nova: "pretrained_voice_002",
  onyx: "pretrained_voice_001",
  sage: "pretrained_voice_004",
  shimmer: "pretrained_voice_004",
  verse: "pretrained_voice_001",
};
