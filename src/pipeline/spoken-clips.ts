/** Has the engine speak what has no clip yet, and looks at every clip before it is trusted. */
import { inspectClip } from "../audio/fit-clip.ts";
import type { Call } from "../core/call.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { Line, Slot } from "../core/segment.ts";
import { speakLines } from "../synthesis/speak-lines.ts";
import type { Emit } from "./events.ts";
import type { Casting } from "./lines.ts";
import { silentEngine } from "./no-tts.ts";
import type { CheckedOptions } from "./options.ts";
import type { PlanFile } from "./plan-file.ts";
import type { Setup } from "./setup.ts";
import { shorten } from "./shorten.ts";

/** What a clip is, once it is on disk. */
export type Clip = { readonly path: string; readonly speech: Slot; readonly levelDb: number };

type SpeakInput = {
  readonly options: CheckedOptions;
  readonly setup: Setup;
  readonly language: string | undefined;
  readonly emit: Emit;
};

/**
 * Speaks `lines` into `directory`, all lanes of the engine at work.
 *
 * @returns clips and failures by line; a line is in one of the two, or in neither when it holds nothing to speak (see `remarks`).
 */
export async function speakClips(
  { options, setup, language, emit }: SpeakInput,
  lines: readonly Line[],
  casting: Casting,
  directory: string,
  call: Call,
): Promise<{
  readonly clips: ReadonlyMap<string, Clip>;
  readonly failures: PlanFile["failures"];
  /** What the engine had to say about a line, once each. */
  readonly remarks: readonly string[];
}> {
  const engine = await setup.synthesizer();
  const result = await speakLines(
    {
      synthesizer: options.noTts ? silentEngine(engine) : engine,
      directory,
      lines: lines.map(({ id, text, speaker }) => ({
        id,
        text,
        voice: casting.get(speaker ?? "") as string,
        ...(language !== undefined && { language }),
      })),
      onProgress: ({ done, total }) =>
        emit({ type: "progress", stage: "synth", done, total, unit: "lines" }),
    },
    call,
  );
  const inspected = await mapConcurrent(
    [...result.clips],
    8,
    async ([id, { path }]): Promise<[string, Clip]> => {
      const { speechStart, speechEnd, rmsDb } = await inspectClip(path);
      return [id, { path, speech: { start: speechStart, end: speechEnd }, levelDb: rmsDb }];
    },
    call,
  );
  // A clip without a sound in it is a failure to be told, not silence to be passed off as speech.
  const isHeard = ([, { speech }]: [string, Clip]): boolean => speech.end > speech.start;
  const text = new Map(lines.map((line) => [line.id, line.text]));
  const failures = [
    ...result.failures.map(({ id, error }) => ({ id, reason: error.message })),
    ...inspected
      .filter((entry) => !isHeard(entry))
      .map(([id]) => ({ id, reason: "the voice gave only silence" })),
  ].map(({ id, reason }) => ({ id, text: text.get(id) ?? "", reason }));
  const remarks = result.warnings.map(
    ({ id, message }) => `"${shorten(text.get(id) ?? "")}": ${message}`,
  );
  return { clips: new Map(inspected.filter(isHeard)), failures, remarks };
}
