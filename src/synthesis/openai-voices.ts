/** The voices and languages of OpenAI's speech models. Other servers behind the same API have others of their own. */
import type { Voice } from "../core/voice.ts";

const genders = {
  alloy: "neutral",
  ash: "male",
  ballad: "male",
  coral: "female",
  echo: "male",
  fable: "neutral",
  nova: "female",
  onyx: "male",
  sage: "female",
  shimmer: "female",
  verse: "male",
  marin: "female",
  cedar: "male",
} as const satisfies Record<string, Voice["gender"]>;

/** Those the two older models do not have. */
const newer = ["ballad", "verse", "marin", "cedar"];

/** As the text-to-speech guide lists them: the languages Whisper hears well. Norwegian stands there once, `nb` is the same. */
const languages: readonly string[] = [
  ..."en af ar hy az be bs bg ca zh hr cs da nl et fi fr gl de el he hi hu is id it ja kn kk ko".split(
    " ",
  ),
  ..."lv lt mk ms mr mi ne no nb fa pl pt ro ru sr sk sl es sw sv fil ta th tr uk ur vi cy".split(
    " ",
  ),
];

/** The voices a model speaks with; any model that is not one of the two older ones counts as new. */
export function openaiVoices(model: string): readonly Voice[] {
  const isOld = isOldModel(model);
  return Object.entries(genders)
    .filter(([id]) => !(isOld && newer.includes(id)))
    .map(([id, gender]) => ({
      id,
      name: `${id.charAt(0).toUpperCase()}${id.slice(1)}`,
      languages,
      gender,
    }));
}

/** `tts-1` and `tts-1-hd`, also with a date: they have fewer voices and follow no instructions. */
export function isOldModel(model: string): boolean {
  return /^tts-1(-|$)/.test(model);
}
