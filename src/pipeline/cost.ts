/** What speaking costs, as far as prices are known: dollars a minute, by engine. */
import { join } from "node:path";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import { money } from "../core/money.ts";
import type { Seconds } from "../core/segment.ts";
import { clipName } from "../synthesis/clips.ts";
import type { SpokenLine } from "../synthesis/speak-each.ts";
import { speakingTime } from "../synthesis/speaking-time.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";
import { isWholeWavClip } from "../synthesis/wav-clip.ts";
import type { CheckedOptions } from "./options.ts";

/** US dollars a minute of speech; 0 for engines on one's own machines. */
export function usdPerMinute(engine: string, options: CheckedOptions): number {
  if (engine === "openai") return options.rateTtsOpenaiPerMin;
  if (engine === "elevenlabs") return options.rateTtsElevenlabsPerMin;
  return 0;
}

/** US dollars for so much speech. */
export function priceOf(seconds: Seconds, perMinute: number): number {
  return (seconds / 60) * perMinute;
}

/**
 * Refuses a run that would likely cost more than `maxUsd`, before its first request. Clips that are there cost nothing.
 *
 * @throws DubberError `too_expensive` with the expected price.
 */
export async function checkPrice(
  requests: readonly SpokenLine[],
  { name: engine, version }: Synthesizer,
  {
    directory,
    perMinute,
    maxUsd,
  }: { readonly directory: string; readonly perMinute: number; readonly maxUsd: number },
): Promise<void> {
  if (perMinute === 0 || maxUsd === Number.POSITIVE_INFINITY) return;
  const byName = new Map(
    requests.map(({ id: _, ...request }) => [
      clipName({ engine, version, ...request }),
      request.text,
    ]),
  );
  const seconds = await mapConcurrent([...byName], 8, async ([name, text]) =>
    (await isWholeWavClip(join(directory, name))) ? 0 : speakingTime(text),
  );
  const expected = priceOf(
    seconds.reduce((sum, one) => sum + one, 0),
    perMinute,
  );
  if (expected <= maxUsd) return;
  const missing = seconds.filter((one) => one > 0).length;
  throw new DubberError(
    "too_expensive",
    `Speaking ${missing} lines with ${engine} would cost about ${money(expected)}, more than the ${money(maxUsd)} allowed.`,
    {
      hint: "Raise --max-cost, or see `--dry-run` for what the price is made of. Nothing was requested.",
    },
  );
}
