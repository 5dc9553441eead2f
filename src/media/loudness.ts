/** How loud a file is, by ffmpeg's EBU R128 meter. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { mediaInput, runFfmpeg } from "./ffmpeg.ts";
import type { Tools } from "./tools.ts";

export type Loudness = {
  /** LUFS; −Infinity where nothing is above the meter's absolute gate (−70). */
  readonly integrated: number;
  /** dBTP, only when asked for; −Infinity for digital silence. */
  readonly truePeak?: number;
};

/**
 * Measures the first sound stream of a file. Ten minutes take about a second, two with the true peak.
 *
 * @param truePeak measure the true peak as well (4× oversampled). Default false.
 * @throws DubberError `tool_failed` when the meter gave no result.
 */
export async function measureLoudness(
  tools: Tools,
  path: string,
  { signal, truePeak = false }: Call & { readonly truePeak?: boolean } = {},
): Promise<Loudness> {
  // framelog=quiet would be the word, but ffmpeg 5.1 does not know it and then measures nothing at all.
  const filter = `ebur128=framelog=verbose${truePeak ? ":peak=true" : ""}`;
  const { stderr } = await runFfmpeg(
    tools,
    [...mediaInput(path), "-map", "0:a:0", "-af", filter, "-f", "null", "-"],
    { ...(signal ? { signal } : {}), logLevel: "info" },
  );
  const summary = stderr.slice(stderr.lastIndexOf("Summary:"));
  const integrated = readNumber(summary, /\bI:\s+(\S+) LUFS/);
  const peak = readNumber(summary, /\bPeak:\s+(\S+) dBFS/);
  if (integrated === undefined || (truePeak && peak === undefined)) {
    throw new DubberError("tool_failed", `ffmpeg gave no loudness for ${path}.`, {
      hint: "Run `dubber doctor`: this ffmpeg may lack the ebur128 filter.",
    });
  }
  return {
    integrated: integrated <= -70 ? Number.NEGATIVE_INFINITY : integrated,
    ...(truePeak && peak !== undefined && { truePeak: peak }),
  };
}

function readNumber(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) return undefined;
  const value = found === "-inf" ? Number.NEGATIVE_INFINITY : Number(found);
  return Number.isNaN(value) ? undefined : value;
}
