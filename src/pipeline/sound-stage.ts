/** Extracts the original sound once for every language, and learns how loud it is. */
import { join } from "node:path";
import { z } from "zod";
import { writeFileThrough } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { extractSound } from "../media/extract.ts";
import { measureLoudness } from "../media/loudness.ts";
import type { AudioStream, MediaInfo } from "../media/probe.ts";
import type { CheckedOptions } from "./options.ts";
import type { StageInput } from "./stage-input.ts";

/** The finished dub's sample rate, Hz, and channels. */
export const mixFormat = { sampleRate: 48_000, channels: 2 } as const;

export type OriginalSound = {
  /** Changes when the sound does. */
  readonly fingerprint: string;
  /** 48 kHz stereo WAV on the video's timeline; missing when the video is silent. */
  readonly path?: string;
  /** LUFS, `null` below −70 or without sound. */
  readonly loudness: number | null;
};

const factsSchema = z.object({ hasSound: z.boolean(), loudness: z.number().nullable() });

/**
 * Makes `original.wav` in the work directory.
 *
 * @throws DubberError `invalid_options` when the chosen stream does not exist; what ffmpeg fails with.
 */
export async function extractOriginal(input: StageInput, call: Call = {}): Promise<OriginalSound> {
  const { work, options, emit } = input;
  const fingerprint = work.fingerprint({ stream: options.audioStream, ...mixFormat });
  const path = join(work.root, "original.wav");
  const record = await work.stage("sound", "", {
    fingerprint,
    async run() {
      const [tools, info] = await Promise.all([input.tools(), input.info()]);
      const stream = chosenStream(options, info);
      if (info.audio.length === 0) {
        const warnings = ["The video has no sound; the dub stands alone."];
        return { outputs: [], warnings, facts: { hasSound: false, loudness: null } };
      }
      await writeFileThrough(path, (outPath) =>
        extractSound(
          tools,
          {
            path: options.video,
            info,
            outPath,
            duration: info.duration,
            ...mixFormat,
            ...(stream && { stream: stream.index }),
          },
          {
            ...call,
            // While somebody may be listening: the mix needs it later than they do.
            isPatient: options.subs === undefined,
            onProgress: (done) =>
              emit({
                type: "progress",
                stage: "sound",
                done,
                total: info.duration,
                unit: "seconds",
              }),
          },
        ),
      );
      const { integrated } = await measureLoudness(tools, path, call);
      const loudness = Number.isFinite(integrated) && integrated > -70 ? integrated : null;
      return { outputs: [path], facts: { hasSound: true, loudness } };
    },
  });
  const { hasSound, loudness } = factsSchema.parse(record.facts);
  return { fingerprint: await fingerprint, loudness, ...(hasSound && { path }) };
}

/**
 * The sound stream the person chose, if any.
 *
 * @throws DubberError `invalid_options` when the video has no such stream.
 */
export function chosenStream(
  { audioStream }: CheckedOptions,
  { audio }: MediaInfo,
): AudioStream | undefined {
  if (audioStream === undefined || audio[audioStream] !== undefined)
    return audio[audioStream ?? -1];
  throw new DubberError(
    "invalid_options",
    `There is no sound stream ${audioStream}; the video has ${audio.length}.`,
    { hint: "Streams are counted from 0." },
  );
}
