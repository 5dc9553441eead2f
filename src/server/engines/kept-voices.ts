/** Voices the server has services make for one owner: their names tell them from those that are for everybody who uses the account. */
import type { Voice } from "../../core/voice.ts";
import type { ScheduledSynthesizer } from "../../synthesis/schedule.ts";

const mark = "Dubber server: ";
/** Services take no longer ones, characters. */
const longestName = 100;

/** What a service is told to call a voice, so that no list shows it to somebody else. */
export function keptVoiceName(name: string): string {
  return `${mark}${name}`.slice(0, longestName);
}

/** The same engine, whose list has the voices for everybody only: no other may be shown, chosen or asked for by its id. */
export function withoutKeptVoices(engine: ScheduledSynthesizer): ScheduledSynthesizer {
  return {
    ...engine,
    voices: async (call) => (await engine.voices(call)).filter(isForEverybody),
  };
}

function isForEverybody({ name }: Voice): boolean {
  return !name.startsWith(mark);
}
