/** Translations that mean nothing and look right: the target's script and common words, names, numbers and negations kept. */
import { hash } from "./fake-speech.ts";

type TargetLanguage = {
  /** Common words, lower case. */
  readonly words: readonly string[];
  readonly not: string;
  /** What makes a text longer without saying more. */
  readonly filler: string;
  /** Between words. */
  readonly gap: "" | " ";
};

const languages: Readonly<Record<string, TargetLanguage>> = {
  en: {
    words: split(
      "the and with this that from very more house water time people small good here where over when",
    ),
    ...{ not: "not", filler: "as everybody here knows very well", gap: " " },
  },
  es: {
    words: split(
      "la el de que con para los una como casa agua tiempo gente pequeño bueno aquí donde sobre cuando muy",
    ),
    ...{ not: "no", filler: "como todo el mundo sabe muy bien", gap: " " },
  },
  de: {
    words: split(
      "der die das und mit für ein wie Haus Wasser Zeit Leute klein gut hier wo über wenn sehr auch",
    ),
    ...{ not: "nicht", filler: "wie hier alle sehr gut wissen", gap: " " },
  },
  fr: {
    words: split(
      "le la les de que avec pour une comme maison eau temps gens petit bon ici où sur quand très",
    ),
    ...{ not: "pas", filler: "comme tout le monde le sait bien", gap: " " },
  },
  it: {
    words: split(
      "il la di che con per una come casa acqua tempo gente piccolo buono qui dove sopra quando molto anche",
    ),
    ...{ not: "non", filler: "come tutti qui sanno molto bene", gap: " " },
  },
  pt: {
    words: split(
      "o a de que com para uma como casa água tempo gente pequeno bom aqui onde sobre quando muito também",
    ),
    ...{ not: "não", filler: "como toda a gente aqui sabe bem", gap: " " },
  },
  ru: {
    words: split(
      "и в на что это как дом вода время люди малый добрый здесь где над когда очень тоже для она",
    ),
    ...{ not: "не", filler: "как все здесь очень хорошо знают", gap: " " },
  },
  zu: {
    words: split(
      "futhi ukuthi kanye indlu amanzi isikhathi abantu kancane kuhle lapha kuphi phezu uma kakhulu ngoba lokhu yena wena bona njenge",
    ),
    ...{ not: "cha", filler: "njengoba bonke abantu lapha bazi kahle", gap: " " },
  },
  zh: {
    words: split(
      "我们 他们 这个 那个 房子 水 时间 人们 小 好 这里 哪里 上面 时候 非常 也 为了 她 一个 像",
    ),
    ...{ not: "不", filler: "大家都知道这一点", gap: "" },
  },
  ja: {
    words: split(
      "これは それが 家の 水を 時間に 人々と 小さな よい ここで どこへ 上の いつも とても また ために 彼女は ひとつ ように",
    ),
    ...{ not: "ない", filler: "みなさんがよく知っているように", gap: "" },
  },
  ko: {
    words: split(
      "우리는 그들이 이것은 저것을 집에 물을 시간이 사람들 작은 좋은 여기서 어디에 위에 언제나 매우 또한 위해 그녀는",
    ),
    ...{ not: "아니", filler: "모두가 잘 알고 있듯이", gap: " " },
  },
  ar: {
    words: split(
      "في من على هذا ذلك مع البيت الماء الوقت الناس صغير جيد هنا أين فوق عندما جدا أيضا هي مثل",
    ),
    ...{ not: "لا", filler: "كما يعلم الجميع هنا جيدا", gap: " " },
  },
};

const negations = new Set(
  split(
    "not no never nothing nobody nowhere none neither nor cannot without dont cant wont nicht kein keine nie nada nunca sin ne pas jamais non mai не нет",
  ),
);
const word = "[\\p{L}\\p{M}’']+";
const number = "\\d(?:[\\d.,:]*\\d)?[%\\p{L}]*";
const wide: Readonly<Record<string, string>> = { ".": "。", ",": "、", "?": "？", "!": "！" };

/** The same meaning at three lengths, the shortest first where the text has more than one word. */
export type PseudoWordings = {
  readonly short: string;
  readonly normal: string;
  readonly long: string;
};

/** A term and what it is to become. */
export type PseudoTerm = { readonly term: string; readonly translation: string };

/**
 * Translates word for word: the same word always becomes the same one. Whatever holds a digit and words with a capital inside
 * a sentence stay as they are.
 *
 * @param language a tag; only its first part counts. Throws for one this file has no words of.
 */
export function pseudoTranslation(
  text: string,
  language: string,
  terms: readonly PseudoTerm[] = [],
): PseudoWordings {
  const target = languages[primary(language)];
  if (target === undefined) {
    throw new Error(`The fake translator has no words of ${language}; add some to its list.`);
  }
  const known = new Map(terms.map(({ term, translation }) => [term.toLowerCase(), translation]));
  const escaped = [...known.keys()].map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const token = new RegExp([...escaped, word, number, "\\S"].join("|"), "giu");
  let isFirst = true;
  const tokens = (text.match(token) ?? []).map((word): Token => {
    const term = known.get(word.toLowerCase());
    const isStart = isFirst;
    isFirst = /^[.!?。！？]$/.test(word);
    if (term !== undefined) return { word: term, isKept: true };
    if (/\d/.test(word)) return { word, isKept: true };
    if (!/\p{L}/u.test(word)) return { word, isMark: true };
    if (!isStart && word.length > 1 && /^\p{Lu}/u.test(word)) return { word, isKept: true };
    const lower = word.toLowerCase();
    if (negations.has(lower) || /n[’']t$/.test(lower)) return { word: target.not, isKept: true };
    return { word: target.words[hash(lower) % target.words.length] ?? "" };
  });
  let plain = 0;
  const fewer = tokens.filter(({ isKept, isMark }) => isKept || isMark || plain++ % 2 === 0);
  const marks = tokens.at(-1)?.isMark ? tokens.slice(-1) : [];
  const body = tokens.slice(0, tokens.length - marks.length);
  const longer = [...body, { word: target.filler }, ...marks];
  return {
    short: write(fewer, target),
    normal: write(tokens, target),
    long: write(longer, target),
  };
}

type Token = { readonly word: string; readonly isKept?: boolean; readonly isMark?: boolean };

function write(tokens: readonly Token[], { gap }: TargetLanguage): string {
  let text = "";
  for (const { word, isMark } of tokens) {
    const shown = gap === "" && isMark ? (wide[word] ?? word) : word;
    // Latin letters stay apart from other words in every language.
    const needsGap =
      (/\p{sc=Latin}$/u.test(text) && /^[\p{L}\d]/u.test(shown)) ||
      (/[\p{L}\d]$/u.test(text) && /^\p{sc=Latin}/u.test(shown));
    const between = text === "" || isMark ? "" : needsGap ? " " : gap;
    text += between + shown;
  }
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function primary(language: string): string {
  return language.toLowerCase().split(/[-_]/)[0] ?? "";
}

function split(words: string): string[] {
  return words.split(" ");
}
