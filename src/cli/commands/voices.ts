/** `dubber voices`: what an engine can speak with. */
import { isSameLanguage, languageName, parseLanguage } from "../../core/language.ts";
import type { Voice } from "../../core/voice.ts";
import { bestLocalEngine, openSynthesizer } from "../../synthesis/catalogue.ts";
import type { Action } from "../command-context.ts";
import { chooseEngine, chooseModel, type EngineFlags } from "../dub-options.ts";
import { exitCodes } from "../exit-codes.ts";

export const voicesCommand: Action = async (_args, values, { output, signal, env }) => {
  const language =
    values.language === undefined ? undefined : parseLanguage(String(values.language));
  const flags = values as EngineFlags;
  const model = chooseModel(flags, env);
  await using engine = await openSynthesizer(chooseEngine(flags, env) ?? bestLocalEngine, {
    ...{ lanes: 1, env, ...(model !== undefined && { model }) },
  });
  const all = await engine.voices({ signal });
  const voices = all.filter(
    (voice) => language === undefined || voice.languages.some((tag) => speaks(tag, language)),
  );
  const what = language === undefined ? "" : ` that speak ${languageName(language)}`;
  output.say(`${voices.length} voices${what} (${engine.name}):`);
  output.result({ status: "done", engine: engine.name, voices }, voices.map(describe).join("\n"));
  return voices.length > 0 ? exitCodes.done : exitCodes.failed;
};

function speaks(tag: string, language: string): boolean {
  try {
    return isSameLanguage(tag, language);
  } catch {
    // A few engines have tags of their own that are no language tags.
    return false;
  }
}

function describe({ id, name, gender, languages }: Voice): string {
  return `${id.padEnd(18)} ${gender.padEnd(8)} ${name}  [${languages.join(", ")}]`;
}
