/** Whether a model's answer for one line may be spoken. Pure. */
import type { Checked } from "./ask-in-batches.ts";
import type { SourceLine, TranslationManner, Wordings } from "./contract.ts";
import { termsIn } from "./glossary-terms.ts";
import { speakingCharacters } from "./pace.ts";
import { isPassedOff } from "./passed-off.ts";
import { lostMeaning } from "./same-meaning.ts";
import { isInWrongScript, isSyllabic } from "./scripts.ts";
import { isRatherIn } from "./stop-words.ts";
import { tidyWording } from "./words.ts";

/** Longer than any translation grows: the model has told a story instead. Chinese, Japanese and Korean grow most. */
const mostGrowth = { alphabet: 4, syllables: 10 };
const growthOfShortLines = 80;

/**
 * Checks the three wordings of a line.
 *
 * `normal` decides: empty, in another language, the source once more or many times as long is wrong; a lost number, negation or term of
 * the glossary is doubtful. A `short` or `long` that is worse than `normal` in any of this, or not shorter or longer, becomes `normal`.
 */
export function checkTranslation(
  line: SourceLine,
  answer: Wordings,
  manner: TranslationManner,
): Checked<Wordings> {
  const normal = tidyWording(answer.normal);
  const wrong = whyWrong(line, normal, manner);
  if (wrong !== undefined) return { verdict: "wrong", problem: wrong };
  const lost = whatIsLost(line, normal, manner);
  const known = new Set([...lost.problems, ...lost.doubts]);
  const isAsGood = (text: string): boolean => {
    if (whyWrong(line, text, manner) !== undefined) return false;
    const { problems, doubts } = whatIsLost(line, text, manner);
    return [...problems, ...doubts].every((one) => known.has(one));
  };
  const length = speakingCharacters(normal);
  const short = tidyWording(answer.short);
  const long = tidyWording(answer.long);
  const value = {
    short: speakingCharacters(short) < length && isAsGood(short) ? short : normal,
    normal,
    long: speakingCharacters(long) > length && isAsGood(long) ? long : normal,
  };
  const warnings = [...lost.problems, ...lost.doubts];
  if (lost.problems.length === 0) return { verdict: "good", value, warnings };
  return { verdict: "doubtful", value, warnings, problem: lost.problems.join(" ") };
}

function whyWrong(
  { text: source }: SourceLine,
  text: string,
  { from, to, glossary }: TranslationManner,
): string | undefined {
  if (text === "") return "It is empty.";
  if (/[\p{L}\p{N}]/u.test(source) && !/[\p{L}\p{N}]/u.test(text)) return "It has no words.";
  const terms = termsIn(glossary, source);
  const kept = [source, ...terms.map(({ translation }) => translation)].join(" ");
  const isSource = isPassedOff({ text: source, language: from }, { text, language: to }, terms);
  if (isSource === "yes") return "It is the original text, not a translation.";
  // What the source says itself is no sign of another language where it may stay as it is.
  if (isSource === "no" && isInWrongScript(text, to, kept)) return "It is in another language.";
  const others = [from, "en"].filter((other) => other !== undefined);
  if (others.some((other) => isRatherIn(other, text, to))) return "It is in another language.";
  const growth =
    from !== undefined && isSyllabic(from) ? mostGrowth.syllables : mostGrowth.alphabet;
  const most = speakingCharacters(source) * growth + growthOfShortLines;
  return speakingCharacters(text) > most ? "It says far more than the original." : undefined;
}

function whatIsLost(
  { text }: SourceLine,
  wording: string,
  { from, to, glossary }: TranslationManner,
): { readonly problems: readonly string[]; readonly doubts: readonly string[] } {
  const terms = termsIn(glossary, text);
  const target = { text: wording, language: to };
  const { problems, doubts } = lostMeaning({ text, language: from }, target, terms);
  const isSource = isPassedOff({ text, language: from }, target, terms) === "perhaps";
  return {
    problems: isSource ? ["It is the same as the original.", ...problems] : problems,
    doubts,
  };
}
