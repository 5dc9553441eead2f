/** `plan.json`: where every clip goes and how fast it is spoken. Written by the synth stage, read by the mix. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.ts";
import { DubberError } from "../core/error.ts";

const slot = z.object({ start: z.number(), end: z.number() });

const plannedLineSchema = z.object({
  id: z.string(),
  text: z.string(),
  speaker: z.string().optional(),
  voice: z.string(),
  /** The original's time for this line, seconds. */
  slot,
  /** What it was made from: times, what is said, and what stood in subs.srt where that is another wording. */
  segments: z.array(
    slot.extend({ id: z.string().optional(), text: z.string(), reviewed: z.string().optional() }),
  ),
  /** File name in `speech/`. */
  clip: z.string(),
  /** Where the voice begins and ends inside the clip, seconds. */
  speech: slot,
  /** Level of the speech in the clip, dBFS RMS. */
  levelDb: z.number(),
  /** When the line starts and how long it lasts in the dub, seconds. */
  start: z.number(),
  duration: z.number(),
  /** 1 = as the voice spoke it. */
  tempo: z.number(),
  /** Seconds it starts before its slot, after it, runs into the silence behind it, and went beyond the caps. */
  early: z.number(),
  delay: z.number(),
  borrowed: z.number(),
  overrun: z.number(),
});

const planSchema = z.object({
  schema: z.literal(1),
  /** Length of the video, seconds. */
  duration: z.number(),
  language: z.string().optional(),
  engine: z.string(),
  /** Spoken lines, in the order of their slots. */
  lines: z.array(plannedLineSchema),
  failures: z.array(z.object({ id: z.string(), text: z.string(), reason: z.string() })),
  warnings: z.array(z.string()),
});

export type PlannedLine = Readonly<z.infer<typeof plannedLineSchema>>;
export type PlanFile = Readonly<z.infer<typeof planSchema>>;

/** Writes the plan atomically; times are kept to the microsecond so that the file reads well. */
export async function writePlan(path: string, plan: PlanFile): Promise<void> {
  const rounded = JSON.parse(JSON.stringify(plan), (_key, value: unknown) =>
    typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value,
  );
  await writeJsonAtomic(path, rounded);
}

/** @throws DubberError `work_directory_corrupt`. */
export async function readPlan(path: string): Promise<PlanFile> {
  try {
    return planSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new DubberError("work_directory_corrupt", `${path} cannot be read as a plan.`, {
      hint: "Run the synth stage again: dubber synth VIDEO --force synth.",
      cause,
    });
  }
}
