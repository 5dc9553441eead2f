/** The file `--voices` names, which several runs may change at once: who is carried into it, and one writer at a time. */
import { dirname } from "node:path";
import type { Call } from "../core/call.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { DubberError } from "../core/error.ts";
import { takeLock } from "../core/lock.ts";
import { makeDirectory } from "../core/make-directory.ts";
import { identifySpeakers } from "./known-speakers.ts";
import { isNamed, type KnownSpeaker, readVoices, writeVoices } from "./voices-file.ts";

/** Writing takes milliseconds; together with the pauses this is about three seconds. */
const mostTries = 50;

/**
 * Reads the file, changes what it holds and writes it, with no other run in between. Nothing is locked or written where nothing changes.
 *
 * @param change is called again with what the file holds by then.
 * @param clock for the pauses while another run writes.
 * @throws DubberError `work_directory_locked` when others write for several seconds; as `readVoices`.
 */
export async function changeVoices(
  path: string,
  change: (speakers: readonly KnownSpeaker[]) => readonly KnownSpeaker[],
  call: Call = {},
  clock: Clock = systemClock,
): Promise<void> {
  const before = await readVoices(path);
  if (JSON.stringify(change(before)) === JSON.stringify(before)) return;
  await makeDirectory(dirname(path));
  await using _lock = await waitForLock(path, call, clock);
  await writeVoices(path, change(await readVoices(path)));
}

async function waitForLock(path: string, call: Call, clock: Clock): Promise<AsyncDisposable> {
  for (let tries = 1; ; tries++) {
    try {
      return await takeLock(`${path}.lock`);
    } catch (error) {
      if (!(error instanceof DubberError) || error.code !== "work_directory_locked") throw error;
      if (tries === mostTries) throw locked(path, error);
    }
    await clock.sleep(10 + Math.random() * 100, call);
  }
}

function locked(path: string, cause: DubberError): DubberError {
  return new DubberError("work_directory_locked", `${path} is being written by another run.`, {
    hint: `Run the same command again. If no other run uses it, delete ${path}.lock.`,
    retryable: true,
    cause,
  });
}

export type Cast = {
  /** The speakers of this video, with the voices they have now. */
  readonly speakers: readonly KnownSpeaker[];
  /** Which of their voices were chosen, see `voiceKey`. */
  readonly key: string;
  /** The voices `shared` had for them when that was decided, by label. */
  readonly before: ReadonlyMap<string, string | undefined>;
};

/**
 * Carries speakers into what several videos share. Those without name and print stay out, since nobody could find them again. A voice
 * that another run has chosen meanwhile stays, and so does a print.
 *
 * @returns `shared` with them; whoever has no name is called by the first number nobody has.
 */
export function carryInto(
  shared: readonly KnownSpeaker[],
  { speakers, key, before }: Cast,
): readonly KnownSpeaker[] {
  const labels = speakers.map(({ label }) => label);
  const all = new Map(shared.map((one) => [one, one]));
  const taken = new Set(shared.map(({ name }) => name));
  for (const [label, { here, there }] of identifySpeakers(labels, speakers, shared)) {
    if (there !== undefined) {
      const known = all.get(there) ?? there;
      const isRenamed = isNamed(here) && !isNamed(there) && !taken.has(here.name);
      const isOurs = there.voices[key] === before.get(label);
      const voices = isOurs ? { ...known.voices, [key]: here.voices[key] ?? "" } : known.voices;
      const gender = here.gender ?? known.gender;
      const print = known.print ?? here.print;
      const name = isRenamed ? here.name : known.name;
      all.set(there, {
        ...known,
        name,
        ...(gender && { gender }),
        voices,
        ...(print && { print }),
      });
      taken.add(name);
    } else if (isNamed(here) ? !taken.has(here.name) : here.print !== undefined) {
      const name = isNamed(here) ? here.name : freeName(label, taken);
      const { carried: _carried, ...speaker } = here;
      const added = { ...speaker, label: name, name };
      all.set(added, added);
      taken.add(name);
    }
  }
  return [...all.values()];
}

function freeName(label: string, taken: ReadonlySet<string>): string {
  let name = label;
  for (let number = 1; taken.has(name); number++) name = `Speaker ${number}`;
  return name;
}
