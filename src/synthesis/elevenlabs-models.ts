/** What each ElevenLabs model takes, as its documentation lists them. */

export type ElevenlabsModel = {
  /** The longest text of one request. */
  readonly maxCharacters: number;
  /** Whether it takes a language beside the text; the others refuse the request. */
  readonly takesLanguage: boolean;
  /** Whether it takes the neighbouring texts; the others refuse the request. */
  readonly takesContext: boolean;
  /** Languages every voice speaks with it, BCP 47. */
  readonly languages: readonly string[];
};

const multilingual =
  "en ja zh de hi fr ko pt it es id nl tr fil pl sv bg ro ar cs el fi hr ms sk da ta uk ru".split(
    " ",
  );
const newer = [...multilingual, "hu", "no", "nb", "vi"];
const newest = [
  ...newer,
  ..."af hy as az be bn bs ca ceb ny et gl ka gu ha he is ga jv kn kk ky lv ln lt lb mk ml".split(
    " ",
  ),
  ..."mr ne ps fa pa sr sd sl so sw te th ur cy".split(" "),
];

const usual: ElevenlabsModel = {
  maxCharacters: 5_000,
  takesLanguage: false,
  takesContext: true,
  languages: multilingual,
};
const fast: ElevenlabsModel = {
  maxCharacters: 40_000,
  takesLanguage: true,
  takesContext: true,
  languages: newer,
};
const models: Readonly<Record<string, ElevenlabsModel>> = {
  eleven_multilingual_v2: { ...usual, maxCharacters: 10_000 },
  eleven_flash_v2_5: fast,
  eleven_turbo_v2_5: fast,
  eleven_v3: { ...usual, takesLanguage: true, takesContext: false, languages: newest },
};
const english: ElevenlabsModel = { ...usual, languages: ["en"] };

/** A model that is not listed takes what nearly all do; the two older English ones speak nothing else. */
export function elevenlabsModel(name: string): ElevenlabsModel {
  if (Object.hasOwn(models, name)) return models[name] ?? usual;
  return /^eleven_(monolingual_v1|flash_v2|turbo_v2)$/.test(name) ? english : usual;
}
