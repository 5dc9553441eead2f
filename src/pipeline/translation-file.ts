/** `translation.json`: every line as it was prepared, with what it was made from and its other wordings. Written by prep, read by synth. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeFileAtomic } from "../core/atomic-file.ts";
import type { Segment } from "../core/segment.ts";

/** What stands in `subs.srt` before a line that nobody could translate. Such a line is never spoken. */
export const untranslatedMark = "[?]";

const slot = { start: z.number(), end: z.number() };
const wordSchema = z.object({ text: z.string(), ...slot });
const preparedSchema = z.object({
  id: z.string(),
  ...slot,
  text: z.string(),
  speaker: z.string().optional(),
  words: z.array(wordSchema).optional(),
  /** What the original says. */
  source: z.string().optional(),
  /** The same said in less and in more time. */
  short: z.string().optional(),
  long: z.string().optional(),
  /** Why there is no translation. */
  error: z.string().optional(),
});

/** A line as prepared: its text, and how else it could be said. */
export type PreparedLine = Segment & {
  readonly source?: string;
  readonly short?: string;
  readonly long?: string;
  readonly error?: string;
};

/** One line to a line, so that two versions of the file compare well. */
export async function writeTranslation(
  path: string,
  lines: readonly PreparedLine[],
): Promise<void> {
  const texts = lines.map(({ id, start, end, text, speaker, source, short, long, error }) =>
    JSON.stringify({ id, start, end, text, speaker, source, short, long, error }),
  );
  await writeFileAtomic(path, texts.length === 0 ? "[]\n" : `[\n  ${texts.join(",\n  ")}\n]\n`);
}

/** What `prep` left; empty when there is no such file, or none that can be read: then nothing is known of speakers and wordings. */
export async function readTranslation(path: string): Promise<readonly PreparedLine[]> {
  try {
    return z
      .array(preparedSchema)
      .parse(JSON.parse(await readFile(path, "utf8"))) as PreparedLine[];
  } catch {
    return [];
  }
}

/** Whether a line is left for the person to translate. */
export function isUntranslated({ text }: Pick<Segment, "text">): boolean {
  return text.startsWith(untranslatedMark);
}
