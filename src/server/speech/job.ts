/** What a speech task keeps to be spoken by: written at its submission, read by whoever works on it. */
import { z } from "zod";
import { openaiFormats } from "../../api/openai.ts";
import { speechKinds } from "../../api/synthesis.ts";
import { audioFormats } from "../../api/values.ts";

export const speechJobSchema = z.object({
  kind: z.enum(speechKinds),
  text: z.string(),
  engine: z.string(),
  /** Of the engine; absent for a recorded one. */
  voice: z.string().optional(),
  /** BCP 47, of the voice. */
  language: z.string().optional(),
  /** An uploaded voice of the owner's. */
  ownVoice: z.string().optional(),
  /** A recording that came with the request: its name in the file store. */
  promptFile: z.string().optional(),
  promptText: z.string().optional(),
  instructions: z.string().optional(),
  speed: z.number(),
  format: z.enum([...new Set([...audioFormats, ...openaiFormats])]),
});
export type SpeechJob = z.output<typeof speechJobSchema>;

/** What is kept of a spoken task; the API's result is made of it. */
export const spokenSchema = z.object({
  file: z.string(),
  format: z.string(),
  /** Seconds. */
  duration: z.number(),
  /** Hz. */
  sampleRate: z.number(),
  bytes: z.number(),
  sha256: z.string(),
  /** Seconds from the first turn's start to the end. */
  synthesisTime: z.number(),
  warnings: z.array(z.string()),
});
export type Spoken = z.output<typeof spokenSchema>;
