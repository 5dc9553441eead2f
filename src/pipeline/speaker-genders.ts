/** Which of the speakers are women and which men, as far as anybody has said: some languages show it. */
import { join } from "node:path";
import { identifySpeakers } from "./known-speakers.ts";
import type { CheckedOptions } from "./options.ts";
import { readVoices } from "./voices-file.ts";

/**
 * Looks speakers up in `voices.json` and in the file `--voices` names.
 *
 * @param workRoot folder of `voices.json`.
 * @param labels what the text calls them; "" stands for lines that name nobody.
 * @returns gender by label; `options.gender` for those of whom nothing is known, left out where that is not given either.
 * @throws DubberError as `readVoices`.
 */
export async function gendersOf(
  workRoot: string,
  options: Pick<CheckedOptions, "gender" | "voices">,
  labels: Iterable<string>,
): Promise<Readonly<Record<string, "female" | "male">>> {
  const own = await readVoices(join(workRoot, "voices.json"));
  const shared = options.voices === undefined ? [] : await readVoices(options.voices);
  const asked = new Set(labels);
  const named = [...asked].filter((label) => label !== "");
  const speakers = identifySpeakers(named, own, shared);
  return Object.fromEntries(
    [...asked].flatMap((label) => {
      const { here, there } = speakers.get(label) ?? {};
      const gender = here?.gender ?? there?.gender ?? options.gender;
      return gender === undefined ? [] : [[label, gender] as const];
    }),
  );
}
