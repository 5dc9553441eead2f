/** Which language model is asked for what; none unless somebody asks for it, since questions may cost money. */
import type { CheckedOptions } from "./options.ts";

/** The chat model where one is wanted and nobody names it. */
const defaultChatModel = "gpt-4o-mini";

/** Who translates; undefined: nobody. */
export function translationModel({
  translate,
  translationModel: named,
}: CheckedOptions): string | undefined {
  return named ?? (translate ? defaultChatModel : undefined);
}

/** Who polishes what was heard; undefined: nobody. */
export function polishModel(options: CheckedOptions): string | undefined {
  if (options.skipPolish) return undefined;
  return options.gptModel ?? translationModel(options);
}

/** Who rewords lines that do not fit; undefined: nobody. */
export function rewriteModel(options: CheckedOptions): string | undefined {
  return options.noRewrite ? undefined : translationModel(options);
}

/** Who writes the texts around the video; undefined: nobody, they are made by rules. */
export function youtubeModel(options: CheckedOptions): string | undefined {
  if (!options.youtubeAi) return undefined;
  return options.gptModel ?? translationModel(options) ?? defaultChatModel;
}
