/** `segments_*.json`: our own files, and what recognisers of the Whisper family write. */
import { z } from "zod";
import { DubberError } from "../core/error.ts";
import type { Segment, Word } from "../core/segment.ts";
import { textId, uniqueIds } from "../core/text-id.ts";
import { tidyText } from "./cue.ts";
import { tidyName } from "./markup.ts";
import { oneLine } from "./one-line.ts";
import type { RawCue } from "./usable-cues.ts";

/**
 * Reads segments: an array of `{start, end, text}` (seconds), with `id`, `speaker` and `words` where they are there, or an object
 * that has such an array under `segments`, as Whisper writes. Other keys are ignored, numeric ids too: they are positions.
 * Segments without an id get one from their text, as in `toSegments`.
 *
 * @returns the segments in the order of the file, text on one line.
 * @throws DubberError `invalid_text`, naming the segment's index (from 0) and field.
 */
export function parseSegments(text: string): Segment[] {
  const newId = uniqueIds();
  return readItems(text).map((item, index) => {
    const { start, end, speaker, words } = item;
    const line = oneLine(item.text);
    if (line === "") throw invalid(`segments[${index}].text is blank.`);
    if (start < 0) throw invalid(`segments[${index}].start is negative (${start} s).`);
    if (end <= start) {
      throw invalid(`segments[${index}].end is not after its start (${start} → ${end} s).`);
    }
    const id = typeof item.id === "string" && item.id !== "" ? item.id : textId(line);
    return {
      ...{ id: newId(id), start, end, text: line },
      ...(speaker ? { speaker: tidyName(speaker) } : {}),
      ...(words ? { words: words.flatMap(readWord) } : {}),
    };
  });
}

/** Writes segments as JSON, one to a line, so that two versions of the file compare well. */
export function formatSegments(segments: readonly Segment[]): string {
  const lines = segments.map(({ id, start, end, text, speaker, words }) =>
    JSON.stringify({ id, start, end, text, speaker, words }),
  );
  return lines.length === 0 ? "[]\n" : `[\n  ${lines.join(",\n  ")}\n]\n`;
}

/**
 * The same file read as cues, where a person gave it: times and text may be unusable (see `keepUsable`), shapes may not.
 *
 * @throws DubberError `invalid_text`.
 */
export function parseSegmentCues(text: string): readonly RawCue[] {
  return readItems(text).map(({ start, end, text, speaker }, index) => {
    const name = tidyName(speaker ?? "");
    return {
      ...{ number: String(index + 1), start, end },
      text: tidyText(text),
      ...(name === "" ? {} : { speaker: name }),
    };
  });
}

const wordSchema = z.object({
  start: z.number(),
  end: z.number(),
  text: z.string().optional(),
  /** Whisper's name for it. */
  word: z.string().optional(),
});

const itemSchema = z.object({
  id: z.unknown().optional(),
  start: z.number(),
  end: z.number(),
  text: z.string(),
  speaker: z.string().nullish(),
  /** Recognisers leave out what they are not sure of; a word without times is no reason to refuse the text. */
  words: z.array(z.unknown()).nullish(),
});

function readItems(text: string): z.infer<typeof itemSchema>[] {
  const value = parseJson(text);
  const list =
    value !== null && typeof value === "object" && "segments" in value ? value.segments : value;
  const read = z.array(itemSchema).safeParse(list);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const path = (issue?.path ?? []).map((key) =>
    typeof key === "number" ? `[${key}]` : `.${String(key)}`,
  );
  throw invalid(`segments${path.join("")}: ${issue?.message ?? "not as expected"}.`, read.error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : "";
    throw invalid(`The segments are not JSON: ${reason}.`, error);
  }
}

function readWord(value: unknown): Word[] {
  const { data } = wordSchema.safeParse(value);
  const text = (data?.text ?? data?.word ?? "").trim();
  return data === undefined || text === "" ? [] : [{ text, start: data.start, end: data.end }];
}

function invalid(message: string, cause?: unknown): DubberError {
  return new DubberError("invalid_text", message, {
    hint: 'Segments are a JSON array of {"start": 1.5, "end": 3, "text": "…"}, times in seconds.',
    cause,
  });
}
