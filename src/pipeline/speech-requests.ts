/** From lines and voices to what an engine is asked for. Clips are named by it, so it has to be the same everywhere. */
import type { Line } from "../core/segment.ts";
import type { SpokenLine } from "../synthesis/speak-each.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";
import type { Casting } from "./lines.ts";
import type { CheckedOptions } from "./options.ts";

/** One request for each line, in their order. */
export function toRequests(
  lines: readonly Line[],
  language: string | undefined,
  casting: Casting,
  engine: Synthesizer,
  { voiceInstructions, voiceSpeed, voiceSeed, voiceContext }: CheckedOptions,
): readonly SpokenLine[] {
  const isContextual = voiceContext && engine.features.context;
  return lines.map(({ id, text, speaker }, index) => {
    const previousText = isContextual ? lines[index - 1]?.text : undefined;
    const nextText = isContextual ? lines[index + 1]?.text : undefined;
    return {
      ...{ id, text, voice: casting.get(speaker ?? "") as string },
      ...(language !== undefined && { language }),
      ...(voiceInstructions !== undefined && { instructions: voiceInstructions }),
      ...(voiceSpeed !== undefined && { speed: voiceSpeed }),
      ...(voiceSeed !== undefined && { seed: voiceSeed }),
      ...(previousText !== undefined && { previousText }),
      ...(nextText !== undefined && { nextText }),
    };
  });
}
