/** Gives speakers their voices, the ones they had before first, and keeps them for the next time. */
import { join } from "node:path";
import type { Call } from "../core/call.ts";
import type { Line } from "../core/segment.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";
import { type Identified, identifySpeakers } from "./known-speakers.ts";
import { type Casting, castVoices, type KnownVoice } from "./lines.ts";
import type { CheckedOptions } from "./options.ts";
import { carryInto, changeVoices } from "./shared-voices.ts";
import { isNamed, readVoices, voiceKey, writeVoices } from "./voices-file.ts";
import type { WorkDirectory } from "./work-directory.ts";

export type CastInput = {
  readonly work: WorkDirectory;
  readonly options: CheckedOptions;
  readonly language: string | undefined;
};

/**
 * As `castVoices`, with `voices.json` of the work directory and the file `--voices` names: a speaker found there keeps the voice, and every
 * named speaker is noted in both. Who is who `identifySpeakers` knows.
 *
 * @throws DubberError as `castVoices`; `invalid_options` for a file that holds no voices; `work_directory_locked` when other runs do not
 *   let go of the shared one.
 */
export async function castKept(
  { work, options, language }: CastInput,
  lines: readonly Line[],
  engine: Synthesizer,
  call: Call = {},
): Promise<{ readonly casting: Casting; readonly warnings: readonly string[] }> {
  const labels = new Set(lines.flatMap(({ speaker }) => (speaker ? [speaker] : [])));
  if (labels.size === 0) return await castVoices(lines, language, options, engine, call);
  const key = voiceKey(engine.name, language);
  const ownPath = join(work.root, "voices.json");
  const own = await readVoices(ownPath);
  const shared = options.voices === undefined ? [] : await readVoices(options.voices);
  const identified = identifySpeakers(labels, own, shared);
  const known = new Map<string, KnownVoice>(
    [...identified].map(([label, one]) => [
      label,
      { voice: keptVoice(one, key), gender: one.here.gender ?? one.there?.gender },
    ]),
  );
  const cast = await castVoices(lines, language, { ...options, known }, engine, call);
  const speakers = [...identified.values()].map(({ here, there }) => {
    const voice = { [key]: cast.casting.get(here.label) as string };
    const name = !isNamed(here) && there !== undefined && isNamed(there) ? there.name : here.name;
    const isCarried =
      options.voices !== undefined &&
      (isNamed({ label: here.label, name }) || here.print !== undefined);
    return {
      ...{ ...here, name, voices: { ...here.voices, ...voice } },
      ...(isCarried && { carried: { ...here.carried, ...voice } }),
    };
  });
  if (options.voices !== undefined) {
    const before = new Map(
      [...identified].map(([label, { there }]) => [label, there?.voices[key]]),
    );
    await changeVoices(options.voices, (now) => carryInto(now, { speakers, key, before }), call);
  }
  // Last: it says what was carried, and must not say so before it was.
  await writeVoices(ownPath, [...own.filter(({ label }) => !labels.has(label)), ...speakers]);
  return cast;
}

/** What was changed in the video's own file since it was last carried counts, else what the shared one says. */
function keptVoice({ here, there }: Identified, key: string): string | undefined {
  const [ours, carried, theirs] = [here.voices[key], here.carried?.[key], there?.voices[key]];
  if (there === undefined || (carried !== undefined && ours !== carried)) return ours;
  return carried === undefined ? (theirs ?? ours) : theirs;
}
