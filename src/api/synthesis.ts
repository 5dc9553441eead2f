/** Speech that is ordered: the four kinds of request, what a submission answers, and the result. */
import { z } from "zod";
import {
  booleanFieldSchema,
  callbackUrlSchema,
  fileSchema,
  formatSchema,
  speedFieldSchema,
  speedSchema,
  voiceIdSchema,
} from "./values.ts";

/** The kinds of speech; each is a path of its own. */
export const speechKinds = ["sft", "zero-shot", "cross-lingual", "instruct"] as const;
export type SpeechKind = (typeof speechKinds)[number];

/**
 * The schemas of all kinds.
 *
 * @param maxTextLength of `text`, UTF-16 code units.
 */
export function synthesisSchemas({ maxTextLength }: { readonly maxTextLength: number }) {
  const text = z
    .string()
    .min(1)
    .max(maxTextLength)
    .meta({ description: "What to say; needs a letter or a digit.", example: "Hello, world." });
  const instructText = z
    .string()
    .trim()
    .min(1)
    .max(2000)
    .meta({ description: "How to say it, in words.", example: "Whisper, slowly." });
  const promptText = z
    .string()
    .max(2000)
    .optional()
    .meta({ description: "What is said in the recording." });
  const json = {
    text,
    voice_id: voiceIdSchema,
    speed: speedSchema,
    format: formatSchema,
    stream: z.boolean().default(false),
    callback_url: callbackUrlSchema.optional(),
  };
  const form = {
    text,
    voice_id: voiceIdSchema.optional(),
    prompt_audio: fileSchema.optional().meta({
      type: "string",
      format: "binary",
      description: "A recording of the voice, where no `voice_id` is given.",
    }),
    speed: speedFieldSchema,
    format: formatSchema,
    stream: booleanFieldSchema.default(false).meta({ description: "false by default." }),
    callback_url: callbackUrlSchema.optional(),
  };
  // What /docs sends when nothing is changed; it has to work on every server.
  const example = { text: "Hello, world.", voice_id: "pretrained_voice_001", format: "wav" };
  return {
    sft: z.object(json).meta({ id: "SftRequest", example }),
    instruct: z
      .object({ ...json, instruct_text: instructText })
      .meta({ id: "InstructRequest", example: { ...example, instruct_text: "Whisper, slowly." } }),
    "zero-shot": z.object({ ...form, prompt_text: promptText }).meta({ id: "ZeroShotRequest" }),
    "cross-lingual": z.object(form).meta({ id: "CrossLingualRequest" }),
  } as const satisfies Readonly<Record<SpeechKind, z.ZodType>>;
}

export const submittedSchema = z
  .object({
    task_id: z.string(),
    status: z.literal("submitted"),
    message: z.string(),
    check_status_url: z.string(),
    result_url: z.string(),
  })
  .meta({ id: "Submitted" });
export type Submitted = z.output<typeof submittedSchema>;

export const speechResultSchema = z
  .object({
    success: z.literal(true),
    message: z.string(),
    audio_url: z.string().meta({ description: "A path of this server." }),
    duration: z.number().meta({ description: "Seconds." }),
    format: z.string(),
    synthesis_time: z.number().meta({ description: "Seconds of work." }),
    sample_rate: z.number().int().meta({ description: "Hz.", example: 22_050 }),
    bytes: z.number().int().meta({ example: 45_472 }),
    sha256: z.string(),
    warnings: z
      .array(z.string())
      .meta({ description: "What could not be done as asked; empty when all went well." }),
  })
  .meta({ id: "SpeechResult" });
export type SpeechResultBody = z.output<typeof speechResultSchema>;
