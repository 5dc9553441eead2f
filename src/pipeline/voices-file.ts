/** `voices.json`: who speaks with which voice, kept by name, so that the same person sounds the same in the next video. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.ts";
import { DubberError, describeFileError } from "../core/error.ts";

const speakerSchema = z.strictObject({
  /** As the text calls them: `Speaker 1`, or a name. */
  label: z.string().min(1),
  /** What the person calls them; the label until they do. */
  name: z.string().min(1),
  gender: z.enum(["female", "male"]).optional(),
  /** `engine/language` → voice id. */
  voices: z.record(z.string(), z.string().min(1)).default({}),
  /** The voices as they were last carried to the file `--voices` names: what differs from them was changed here. */
  carried: z.record(z.string(), z.string()).optional(),
  /** The voice's print, where a speaker model is installed. */
  print: z.array(z.number()).optional(),
});
const fileSchema = z.strictObject({ schema: z.literal(1), speakers: z.array(speakerSchema) });

export type KnownSpeaker = Readonly<z.infer<typeof speakerSchema>>;

/**
 * @returns nobody when there is no such file.
 * @throws DubberError `invalid_options` naming what is wrong in it; `unreadable`.
 */
export async function readVoices(path: string): Promise<readonly KnownSpeaker[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw describeFileError(error, path);
  }
  try {
    return fileSchema.parse(JSON.parse(text)).speakers;
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const where = issue ? ` (${issue.path.join(".")}: ${issue.message})` : "";
    throw new DubberError("invalid_options", `${path} does not hold voices${where}.`, {
      hint: "Mend it, or delete it: it is written anew.",
      cause,
    });
  }
}

/** Writes the speakers, sorted by name, unless the file holds just them. */
export async function writeVoices(path: string, speakers: readonly KnownSpeaker[]): Promise<void> {
  const sorted = speakers.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const before = await readVoices(path).catch(() => []);
  if (JSON.stringify(before) === JSON.stringify(sorted) && before.length > 0) return;
  await writeJsonAtomic(path, { schema: 1, speakers: sorted });
}

/** True when a person, or the text, says who it is; `Speaker 2` is only a number, and another one in every video. */
export function isNamed({ label, name }: Pick<KnownSpeaker, "label" | "name">): boolean {
  return name !== label || !/^Speaker \d+$/.test(label);
}

/** The key voices are kept under. */
export function voiceKey(engine: string, language: string | undefined): string {
  return `${engine}/${language ?? "any"}`;
}
