/** Does a piece of text end a sentence? In any script, with the abbreviations and connectives that fool a full stop. */

/** Quotes and brackets that may follow the last mark of a sentence. */
const closers = /[\s"'”’»›)\]}」』）】》〉”]+$/u;
/** Armenian, Ethiopic, Burmese, Khmer and Tibetan have marks of their own; `;` ends a question only in Greek. */
const finalMark = /[.!?…。！？｡．؟۔।॥։።፧။។༎‼⁇⁈⁉]$/u;

const abbreviations = new Set(
  [
    "mr mrs ms dr prof st sr jr vs approx dept est fig gen gov hon inc ltd co corp lt col sgt capt rev no nr",
    "sra srta dra ud uds vd vds pág art núm av avda dña mme mlle mm p pp ed vol cap dott sig ing avv",
    "bzw usw ca evtl ggf hr fr abs inkl zzgl",
    "г гг ул им руб тыс млн млрд стр см ср напр проф акад гр д кв просп пл обл",
  ].flatMap((words) => words.split(" ")),
);
/** Dotted abbreviations that usually do end a sentence. */
const endingAbbreviations = new Set(["т.д", "т.п", "a.m", "p.m", "u.s", "u.k"]);

const connectives = new Set(
  [
    "and or but nor because that which who if when while than with of to the a an",
    "y e o u pero ni que porque si cuando con de del la el los las un una",
    "и а но или что чтобы если когда потому как в на с к у о для",
    "et ou mais car donc und oder aber denn dass weil ed ma che mas ou com i ale lub że",
  ].flatMap((words) => words.split(" ")),
);

/**
 * True when the text ends on a sentence-final mark of any script, also before closing quotes and brackets, and the mark is
 * neither that of an abbreviation ("Dr.", "e.g.", "т.е.", an initial) nor behind a connective ("and…").
 */
export function endsSentence(text: string): boolean {
  const bare = text.trim().replace(closers, "");
  return finalMark.test(bare) && !endsOnAbbreviation(bare) && !endsOnConnective(bare);
}

/** True when the last word announces more to come: "and", "но", "y", with or without an ellipsis or comma behind it. */
export function endsOnConnective(text: string): boolean {
  return connectives.has(lastWord(text.replace(/[\s\p{P}]+$/u, "")));
}

function endsOnAbbreviation(bare: string): boolean {
  if (!/[^.]\.$/u.test(bare)) return false;
  const word = lastWord(bare.slice(0, -1));
  if (endingAbbreviations.has(word)) return false;
  return abbreviations.has(word) || /^\p{L}(\.\p{L})*$/u.test(word);
}

function lastWord(text: string): string {
  return (/[\p{L}\p{M}\p{N}.'’-]+$/u.exec(text)?.[0] ?? "").toLowerCase();
}
