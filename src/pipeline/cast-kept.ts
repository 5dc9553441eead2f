/** Gives speakers their voices, the ones they had before first, and keeps them for the next time. */
import { join } from "node:path";
import type { Call } from "../core/call.ts";
import type { Line } from "../core/segment.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";
import { type Casting, castVoices, type KnownVoice } from "./lines.ts";
import type { CheckedOptions } from "./options.ts";
import {
  type KnownSpeaker,
  readVoices,
  voiceKey,
  withSpeaker,
  writeVoices,
} from "./voices-file.ts";
import type { WorkDirectory } from "./work-directory.ts";

export type CastInput = {
  readonly work: WorkDirectory;
  readonly options: CheckedOptions;
  readonly language: string | undefined;
};

/**
 * As `castVoices`, with `voices.json` of the work directory and the file `--voices` names: a speaker found there keeps the voice, and every
 * named speaker is noted in both. Speakers are found by what the text calls them, or by the name a person gave them there.
 *
 * @throws DubberError as `castVoices`; `invalid_options` for a file that holds no voices.
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
  const speakers = new Map([...labels].map((label) => [label, find(label, own, shared)]));
  const known = new Map<string, KnownVoice>(
    [...speakers].map(([label, { voices, gender }]) => [label, { voice: voices[key], gender }]),
  );
  const cast = await castVoices(lines, language, { ...options, known }, engine, call);
  let [kept, carried] = [own, shared];
  for (const [label, speaker] of speakers) {
    const voice = cast.casting.get(label);
    if (voice === undefined) continue;
    const now = { ...speaker, voices: { ...speaker.voices, [key]: voice } };
    kept = withSpeaker(kept, now);
    carried = withSpeaker(carried, now);
  }
  await writeVoices(ownPath, kept);
  if (options.voices !== undefined) await writeVoices(options.voices, carried);
  return cast;
}

/** What the own file says of a speaker counts more than the shared one, which knows names only. */
function find(
  label: string,
  own: readonly KnownSpeaker[],
  shared: readonly KnownSpeaker[],
): KnownSpeaker {
  const here = own.find((one) => one.label === label);
  const name = here?.name ?? label;
  const there = shared.find((one) => one.name === name);
  const voices = { ...there?.voices, ...here?.voices };
  return { name, ...there, ...here, label, voices };
}
