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
 * Measures the first sound stream of a file. Ten minutes take about a second, with the true peak as well where there is a
 * second core.
 *
 * @param truePeak measure the true peak as well (4× oversampled, ITU-R BS.1770). Default false.
 * @throws DubberError `tool_failed` when the meter gave no result.
 */
export async function measureLoudness(
  tools: Tools,
  path: string,
  { signal, truePeak = false }: Call & { readonly truePeak?: boolean } = {},
): Promise<Loudness> {
  const call = signal ? { signal } : {};
  const [meter, peaks] = await Promise.all([
    filterReport(tools, path, meterFilter, call),
    truePeak ? filterReport(tools, path, peakFilter, call) : undefined,
  ]);
  const summary = meter.slice(meter.lastIndexOf("Summary:"));
  const integrated = readNumber(summary, /\bI:\s+(\S+) LUFS/);
  const peak = peaks === undefined ? undefined : readNumber(peaks, /max_volume: (\S+) dB/);
  if (integrated === undefined || (truePeak && peak === undefined)) {
    throw new DubberError("tool_failed", `ffmpeg gave no loudness for ${path}.`, {
      hint: "Run `dubber doctor`: this ffmpeg may lack the ebur128 filter.",
    });
  }
  return {
    integrated: integrated <= -70 ? Number.NEGATIVE_INFINITY : integrated,
    // The detector calls digital silence −91 dB, its smallest step.
    ...(peak !== undefined && { truePeak: peak <= -91 ? -Infinity : peak + headroomDb }),
  };
}

/**
 * In digital silence the meter's filters run into numbers so small that the processor takes some twenty times as long for them. A constant
 * at −140 dBFS keeps them away, and the meter does not hear it. `framelog=quiet` would be the word, but ffmpeg 5.1 does not know it
 * and then measures nothing at all.
 */
const meterFilter = "dcshift=1e-7,ebur128=framelog=verbose";
/** What lies between full-scale samples is above 0 dB: it is lowered so that the 16-bit detector can see it. */
const headroomDb = 6;
/** The meter's own true peak takes longer than all the rest of it; a resampler beside it gives the same 0.1 dB. */
const peakFilter = `volume=-${headroomDb}dB,aresample=192000,volumedetect`;

async function filterReport(
  tools: Tools,
  path: string,
  filter: string,
  call: Call,
): Promise<string> {
  const args = [...mediaInput(path), "-map", "0:a:0", "-af", filter, "-f", "null", "-"];
  return (await runFfmpeg(tools, args, { ...call, logLevel: "info" })).stderr;
}

function readNumber(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) return undefined;
  const value = found === "-inf" ? Number.NEGATIVE_INFINITY : Number(found);
  return Number.isNaN(value) ? undefined : value;
}
