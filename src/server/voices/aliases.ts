/** `pretrained_voice_001` and so on: names that every server has, spoken by the voice that is always there. */

/** In pairs, a male and a female one of each language. New ones are only ever added at the end. */
const languages =
  "en-us en-gb es fr-fr de it pt-br ru cmn ja ko hi ar pl uk tr nl sv cs el he vi id ro hu fi da nb ca fa".split(
    " ",
  );

/** Alias → voice of the embedded engine. */
export const voiceAliases: ReadonlyMap<string, string> = new Map(
  languages
    .flatMap((language) => [language, `${language}+f2`])
    .map((voice, index) => [`pretrained_voice_${`${index + 1}`.padStart(3, "0")}`, voice] as const),
);

export const aliasEngine = "embedded";
