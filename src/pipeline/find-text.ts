/** Text that is there already: given by the person, in the video, or beside it. Nothing is recognised or translated here. */
import type { Call } from "../core/call.ts";
import {
  findBeside,
  type GivenText,
  isLanguage,
  readGiven,
  readStream,
  readText,
  type TextSource,
} from "./given-text.ts";

/**
 * Text in the dub's language: what the options name, else a fitting subtitle stream of the video, else a file beside it.
 *
 * @param given content of the file the options name.
 * @returns undefined when there is none.
 * @throws DubberError `invalid_text`, `not_found`.
 */
export async function findTarget(
  input: TextSource,
  given: Uint8Array | undefined,
  call: Call,
): Promise<GivenText | undefined> {
  const { options } = input;
  if (given !== undefined && options.subs !== undefined) return readText(given, options.subs);
  const info = await input.info();
  const wanted = info.subtitles.find(
    ({ isText, language }) =>
      isText && (options.to === undefined || isLanguage(language, options.to)),
  );
  if (wanted !== undefined) return await readStream(input, wanted, call);
  const beside = options.to === undefined ? undefined : await findBeside(options.video, options.to);
  return beside === undefined ? undefined : readText(await readGiven(beside), beside);
}

/**
 * The original's text: what the person gave, else a subtitle stream that is not in the dub's language.
 *
 * @param given content of the file the options name.
 * @param said the text in the dub's language, if there is one.
 */
export async function findOriginal(
  input: TextSource,
  given: Uint8Array | undefined,
  said: GivenText | undefined,
  call: Call,
): Promise<GivenText | undefined> {
  const { options } = input;
  if (given !== undefined && options.sourceSubs !== undefined) {
    const text = readText(given, options.sourceSubs);
    const language = options.sourceLanguage ?? text.language;
    return { ...text, language };
  }
  const { subtitles } = await input.info();
  const target = options.to ?? said?.language;
  const other = subtitles.find(
    ({ index, isText, language }) =>
      isText &&
      index !== said?.stream &&
      (options.sourceLanguage === undefined
        ? language !== undefined && (target === undefined || !isLanguage(language, target))
        : isLanguage(language, options.sourceLanguage)),
  );
  return other === undefined ? undefined : await readStream(input, other, call);
}
