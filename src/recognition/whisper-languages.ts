/** The languages Whisper can be told to expect. */

/** The first 99, which every multilingual Whisper knows. Source: the tokenizer of openai/whisper. */
const known = new Set(
  (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn sr az " +
    "sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt " +
    "haw ln ha ba jw su"
  ).split(" "),
);

/** Codes that Whisper has under another name. */
const others: { readonly [code: string]: string } = {
  cmn: "zh",
  yue: "zh", // A code of its own only in large-v3.
  nb: "no",
  iw: "he",
  in: "id",
  jv: "jw",
  fil: "tl",
};

/**
 * Whisper's code for a language.
 *
 * @param language BCP 47.
 * @returns undefined for one it does not know.
 */
export function whisperLanguage(language: string | undefined): string | undefined {
  const [primary = ""] = (language ?? "").toLowerCase().split("-");
  const code = others[primary] ?? primary;
  return known.has(code) ? code : undefined;
}
