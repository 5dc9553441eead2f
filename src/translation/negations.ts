/** Whether a text denies something, in the languages this table knows: a translation that lost its "not" says the opposite. Pure. */
import { primaryLanguage } from "../core/language.ts";
import { fold, wordsOf } from "./words.ts";

/**
 * True when the source denies something and the target nothing; false where a language is not in the table.
 *
 * @param from BCP 47; absent where it is not known.
 */
export function losesNegation(
  source: { readonly text: string; readonly language: string | undefined },
  target: { readonly text: string; readonly language: string },
): boolean {
  if (source.language === undefined) return false;
  const asked = table[primaryLanguage(source.language)];
  const answered = table[primaryLanguage(target.language)];
  if (asked === undefined || answered === undefined) return false;
  return denies(source.text, asked) && !mayDeny(target.text, answered);
}

/** True when the text surely denies something; undefined for a language that is not in the table. */
export function isNegated(text: string, language: string): boolean | undefined {
  const signs = table[primaryLanguage(language)];
  return signs === undefined ? undefined : denies(text, signs);
}

type Signs = {
  /** A whole word, folded; or, for scripts without spaces, anything inside the text. */
  readonly says: RegExp;
  /** Words that deny too, in a translation, but that are no ground to look for a denial there. */
  readonly alsoSays?: RegExp;
  readonly hasNoSpaces?: true;
  /** Taken out first: it looks like a denial and is none. */
  readonly except?: RegExp;
};

function denies(text: string, { says, hasNoSpaces, except }: Signs): boolean {
  const plain = fold(text);
  const looked = except === undefined ? plain : plain.replace(except, " ");
  return hasNoSpaces ? says.test(looked) : wordsOf(looked).some((word) => says.test(word));
}

function mayDeny(text: string, signs: Signs): boolean {
  const { says, alsoSays = says, hasNoSpaces } = signs;
  const plain = fold(text);
  if (hasNoSpaces) return says.test(plain) || alsoSays.test(plain);
  return wordsOf(plain).some((word) => says.test(word) || alsoSays.test(word));
}

const table: Readonly<Record<string, Signs>> = {
  en: {
    says: /^(?:not?|never|none|nobody|nothing|nowhere|neither|nor|cannot|without|.+n't|dont|cant|wont)$/,
    alsoSays:
      /^(?:un(?!der|til|i).+|.+less|impossible|hardly|fail.*|refus.*|lack.*|avoid.*|forb.*)$/,
    // "…, isn't it?" asks; "not only" adds.
    except: /,\s*[a-z]+n't\s+\w+\s*\?|\bnot only\b|\bwhy (?:not|don't)\b/g,
  },
  es: {
    says: /^(?:no|nunca|jamas|nada|nadie|ningun.*|ni|tampoco|sin)$/,
    alsoSays: /^(?:imposibl.+|incapa.+|inutil.*|desconoc.+|evit.+|prohib.+)$/,
    except: /,\s*¿?no\s*\?|\bno solo\b|\bde nada\b/g,
  },
  de: {
    says: /^(?:nicht|kein.*|nie|niemals|niemand.*|nichts|nirgend.*|nein|weder|ohne)$/,
    alsoSays: /^(?:un(?!d$|s$|ter|ser).+|.+los(?:e[mnrs]?)?|kaum|verhinder.+|verbot.+)$/,
    except: /,\s*nicht(?: wahr)?\s*\?|\bnicht nur\b/g,
  },
  fr: {
    says: /^(?:ne|n'.+|pas|jamais|rien|aucune?|sans|non|ni|nulle?|.+-pas)$/,
    alsoSays: /^(?:personne|(?:.')?(?:impossible|incapable|inutile|inconnu|evit|interdi).*)$/,
    except: /n'est-ce pas|\bnon seulement\b|\bpas seulement\b|\bde rien\b/g,
  },
  it: {
    says: /^(?:non|no|mai|niente|nulla|nessun.*|senza|neanche|nemmeno)$/,
    // "Né" denies, "ne" is "of it": folded they look alike.
    alsoSays: /^(?:ne|(?:.')?(?:impossibil|incapac|inutil|sconosciut|evit|vietat).*)$/,
    except: /,\s*no\s*\?|\bnon solo\b/g,
  },
  pt: {
    says: /^(?:nao|nunca|jamais|nada|ninguem|nenhum.*|nem|sem)$/,
    alsoSays: /^(?:impossive.+|incapa.+|inutil.*|desconhec.+|evit.+|proib.+)$/,
    except: /,\s*nao(?: e)?\s*\?|\bnao so\b|\bde nada\b/g,
  },
  nl: {
    says: /^(?:niet|geen|nooit|niemand|niets|nergens|nee|zonder|noch)$/,
    alsoSays: /^(?:on(?!s|der|ge[a-z]{0,3}$).+|.+loos|.+loze|verboden)$/,
    except: /\bniet alleen\b/g,
  },
  pl: {
    says: /^(?:nie|nigdy|nikt|nikogo|nic|niczego|zad(?:en|na|ne|nego|nej)|bez|ani)$/,
    alsoSays: /^(?:nie.+|bez.+)$/,
    except: /\bnie tylko\b/g,
  },
  ru: {
    says: /^(?:не|нет|ни|нельзя|никогда|никто|никого|никому|ничего|ничто|нигде|никак.*|без)$/,
    alsoSays: /^(?:не.+|ничь.+|ничем|ниче.+|без.+|бес.+|запре.+)$/,
    except: /не только|,\s*не так ли\s*\?/g,
  },
  uk: {
    says: /^(?:не|ні|немає|нема|ніколи|ніхто|нікого|нічого|ніде|без|неможна)$/u,
    alsoSays: /^(?:не.+|нія.+|нічи.+|без.+|заборон.+)$/,
    except: /не тільки/g,
  },
  zh: {
    hasNoSpaces: true,
    says: /[不没沒未勿]|(?:^|[\p{P}\s你您])[别別](?![人的处處])|無法|无法/u,
    alsoSays: /[无無非别別莫否免拒]/,
    // A不A asks; the rest are words of their own.
    except:
      /(\p{sc=Han}{1,2})(?:不|没|沒)\1|[不没沒](?:过|過|错|錯|仅|僅|断|斷|管|论|論|同|少|久|关系|關係|客气|客氣|好意思)|差不多|未来|未來|对不起|對不起|了不起|不只/gu,
  },
  ja: {
    hasNoSpaces: true,
    says: /ない|なか[っろ]|なく|ません|いいえ|ずに|無理/,
    alsoSays: /[無不非未禁]|なし|ず|ぬ|まい|ねえ|ねぇ|じゃん|だめ|駄目|嫌|いや/,
    except:
      /じゃない(?:か|ですか|の)|ではない(?:か|でしょうか)|かもしれ(?:ない|ません)|なければ|なくては|なきゃ|すみません|だけでなく/g,
  },
  ko: {
    hasNoSpaces: true,
    says: /않|못|없|아니|(?:^|\s)안\s/,
    alsoSays: /안|말(?:고|아|라|자|지)|마(?:세요|라|십)|불|비|무/,
    except: /뿐만\s?아니라|지\s?않(?:아|나|습니까)\s*\?/g,
  },
};
