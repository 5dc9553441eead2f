/** Language tags: what people type, what engines want (BCP 47) and what containers carry (ISO 639-2). */
import { iso6392 } from "iso-639-2";
import { DubberError } from "./error.ts";

/**
 * Reads a language the way people write it: `es`, `spa`, `pt-BR`, `pt_br`, `Spanish`.
 *
 * @returns the canonical BCP 47 tag, with the two-letter code where the language has one (`spa` → `es`).
 * @throws DubberError `unknown_language`.
 */
export function parseLanguage(text: string): string {
  const trimmed = text.trim();
  const byName = iso6392.find(({ name }) =>
    name.split(/;\s*/).some((one) => one.toLowerCase() === trimmed.toLowerCase()),
  );
  try {
    const locale = new Intl.Locale(byName ? codeOf(byName) : trimmed.replaceAll("_", "-"));
    const known = findLanguage(locale.language);
    if (known !== undefined || locale.language.length === 3) {
      const language = known ? codeOf(known) : locale.language;
      const name = new Intl.DisplayNames("en", { type: "language", fallback: "none" }).of(language);
      if (name !== undefined || known !== undefined) {
        return [language, ...locale.toString().split("-").slice(1)].join("-");
      }
    }
  } catch {
    // Not the shape of a language tag at all.
  }
  throw new DubberError("unknown_language", `"${text}" is not a language Dubber knows.`, {
    hint: "Give a code such as es, ru or pt-BR; `dubber voices` lists what can be spoken.",
  });
}

/** The primary part of a tag, canonical: `pt-BR` → `pt`, `cmn` → `zh`. */
export function primaryLanguage(tag: string): string {
  return new Intl.Locale(tag).language;
}

/** True when two tags name the same language, whatever their region or script: `zh-CN` and `cmn` too. */
export function isSameLanguage(a: string, b: string): boolean {
  return primaryLanguage(a) === primaryLanguage(b);
}

/** True when who reads the one reads the other: the same language in the same script, so not `zh-Hans` and `zh-Hant`. */
export function isReadAs(a: string, b: string): boolean {
  const script = (tag: string) => new Intl.Locale(tag).maximize().script;
  return isSameLanguage(a, b) && script(a) === script(b);
}

/**
 * The three-letter ISO 639-2/T code that MP4 and Matroska tracks carry: `es` → `spa`; `und` where there is none.
 */
export function containerLanguage(tag: string): string {
  const language = primaryLanguage(tag);
  const known = findLanguage(language);
  return known?.iso6392T ?? known?.iso6392B ?? (language.length === 3 ? language : "und");
}

/** English name for people: `pt-BR` → "Brazilian Portuguese"; the tag itself where there is none. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames("en", { type: "language" }).of(tag) ?? tag;
}

type KnownLanguage = (typeof iso6392)[number];

function findLanguage(code: string): KnownLanguage | undefined {
  return iso6392.find(
    ({ iso6391, iso6392B, iso6392T }) => code === iso6391 || code === iso6392B || code === iso6392T,
  );
}

function codeOf(language: KnownLanguage): string {
  return language.iso6391 ?? language.iso6392T ?? language.iso6392B;
}
