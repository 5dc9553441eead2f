/** Lines for `dubber bench`: plain sentences of mixed length, as they stand in subtitles. */
import { DubberError } from "../core/error.ts";
import { isSameLanguage, languageName, parseLanguage } from "../core/language.ts";

const sentences: Readonly<Record<string, readonly string[]>> = {
  en: [
    "Good morning.",
    "The bridge over the river was closed for the whole winter.",
    "Nobody knew how long the repairs would take, so people learned to walk around by the old mill.",
    "Then the first warm day came.",
    "Children ran down to the water to see whether the ice had gone.",
  ],
  es: [
    "Buenos días.",
    "El puente sobre el río estuvo cerrado todo el invierno.",
    "Nadie sabía cuánto durarían las obras, así que la gente aprendió a dar la vuelta por el viejo molino.",
    "Entonces llegó el primer día cálido.",
    "Los niños corrieron hasta el agua para ver si ya no había hielo.",
  ],
  fr: [
    "Bonjour à tous.",
    "Le pont sur la rivière est resté fermé tout l'hiver.",
    "Personne ne savait combien de temps dureraient les travaux, alors on a appris à passer par le vieux moulin.",
    "Puis le premier jour doux est arrivé.",
    "Les enfants ont couru jusqu'à l'eau pour voir si la glace était partie.",
  ],
  de: [
    "Guten Morgen.",
    "Die Brücke über den Fluss war den ganzen Winter gesperrt.",
    "Niemand wusste, wie lange die Arbeiten dauern würden, und so ging man eben außen herum an der alten Mühle vorbei.",
    "Dann kam der erste warme Tag.",
    "Die Kinder liefen zum Wasser hinunter, um zu sehen, ob das Eis weg war.",
  ],
  ru: [
    "Доброе утро.",
    "Мост через реку был закрыт всю зиму.",
    "Никто не знал, сколько продлится ремонт, и люди привыкли ходить в обход, мимо старой мельницы.",
    "Потом наступил первый тёплый день.",
    "Дети побежали к воде посмотреть, сошёл ли лёд.",
  ],
  zh: [
    "早上好。",
    "河上的桥整个冬天都封闭了。",
    "谁也不知道修理要多久,大家只好绕过老磨坊走。",
    "后来,第一个暖和的日子到了。",
    "孩子们跑到河边,看看冰化了没有。",
  ],
};

/**
 * That many different lines; each begins with its number, so that no service has them in store.
 *
 * @param language BCP 47 or an English name.
 * @throws DubberError `unknown_language` naming those there are.
 */
export function benchTexts(language: string, count: number): readonly string[] {
  const tag = parseLanguage(language);
  const known = Object.keys(sentences);
  const own = sentences[known.find((one) => isSameLanguage(one, tag)) ?? ""];
  if (own === undefined) {
    const names = known.map((one) => `${languageName(one)} (${one})`).join(", ");
    throw new DubberError(
      "unknown_language",
      `The benchmark has no lines in ${languageName(tag)} (${tag}).`,
      { hint: `It has them in ${names}.` },
    );
  }
  return Array.from({ length: count }, (_, index) => `${index + 1}. ${own[index % own.length]}`);
}
