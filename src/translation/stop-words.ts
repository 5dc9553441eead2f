/** The commonest words of a dozen languages in Latin letters: enough to see that a text is in another one. Pure. */
import { primaryLanguage } from "../core/language.ts";
import { wordsOf } from "./words.ts";

/**
 * True when a text is clearly in `other` and not in `language`: at least two of its words are common there, and more than twice as
 * many as are common here. Languages that are not in the table, and short texts, are never suspected.
 */
export function isRatherIn(other: string, text: string, language: string): boolean {
  const words = wordsOf(text).map((word) => word.toLowerCase().replaceAll("’", "'"));
  const [here, there] = [commonWords(language), commonWords(other)];
  if (here === undefined || there === undefined || here === there) return false;
  const hits = (common: ReadonlySet<string>, than: ReadonlySet<string>): number =>
    words.filter((word) => common.has(word) && !than.has(word)).length;
  const strange = hits(there, here);
  return strange >= 2 && strange > 2 * hits(here, there);
}

/** True for one of the commonest words of a language that is none in `other`. */
export function isTypicalOf(language: string, word: string, other: string): boolean {
  const folded = word.toLowerCase().replaceAll("’", "'");
  return commonWords(language)?.has(folded) === true && commonWords(other)?.has(folded) !== true;
}

function commonWords(language: string): ReadonlySet<string> | undefined {
  return common[primaryLanguage(language)];
}

const list = (words: string): ReadonlySet<string> => new Set(words.split(" "));

const common: Readonly<Record<string, ReadonlySet<string>>> = {
  en: list(
    "the of and to in is that it was for you with on as are this be have from they we but what can will all there when one your if how not just about so like don't it's",
  ),
  es: list(
    "de la que el en y los se del las un por con una su para es lo como más pero sus le ya este sí porque esta entre cuando muy sin sobre está qué hay nos todo esto eso",
  ),
  de: list(
    "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an er so dass wird bei oder wir ich sie aber wie noch war haben was hat",
  ),
  fr: list(
    "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se il ce nous vous je mais avec sont c'est cette tout être fait on elle ou leur d'un",
  ),
  it: list(
    "di che è e la il un a per in una non sono ho si lo con ma come le da questo i del della anche mi più al ci nel se io tutto hai cosa gli quando molto perché alla",
  ),
  pt: list(
    "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser quando muito há nos já está eu também só isso você",
  ),
  nl: list(
    "de het een en van ik te dat die in je is niet op zijn met voor er maar om hij hebben ook als we dan wat was aan bij kan heeft uit naar nog wel deze zo over",
  ),
  pl: list(
    "w i na z do się nie to że jest o jak a co ale po tak za od dla tym już czy może być był go ja ten bardzo są przez gdy tylko jego ich kiedy",
  ),
  sv: list(
    "och i att det som en på är av för med den till inte om ett han men var jag från vi har så de kan nu när ska eller också hade vad här",
  ),
  da: list(
    "og i at det er en den til af på for med de som der har ikke jeg et var han vi kan fra men så skal om eller du også hvad når nu meget",
  ),
  tr: list(
    "bir ve bu da de için çok ne ile o gibi daha var ben ama mi kadar sonra olan değil her en şey biz sen olarak ki mı bunu yok",
  ),
  ro: list(
    "de și în a la cu nu o pe că este un să din care mai pentru ce au fost sunt dar se ca sau am ai lui după foarte asta când",
  ),
  cs: list(
    "a se v na je to že s z do o i ve k by jsem si ale jako za po tak jsou pro co jak už když být nebo jen ne má této",
  ),
  id: list(
    "yang dan di ini itu dengan untuk tidak dari dalam akan pada juga saya ke karena ada kita mereka bisa atau anda sudah apa lebih tapi seperti",
  ),
  vi: list(
    "và của là có không những được trong cho một với tôi này đã khi các người bạn để đó nhưng như chúng ta cũng rất",
  ),
};
