/** Voices as clients see them: their own, with a recording, and those every engine brings along. */
import { z } from "zod";
import { fileSchema, newVoiceIdSchema, numberField } from "./values.ts";

export const voiceTypes = ["sft", "zero_shot", "cross_lingual", "instruct"] as const;
export type VoiceType = (typeof voiceTypes)[number];

const name = z.string().trim().min(1).max(100);
const description = z.string().max(1000);
const language = z
  .string()
  .min(1)
  .max(35)
  .meta({ description: "BCP 47, such as `en` or `pt-BR`." });

export const voiceSchema = z
  .object({
    voice_id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    voice_type: z.enum(voiceTypes),
    language: z.string().nullable(),
    prompt_text: z.string().nullable(),
    is_pretrained: z.boolean(),
    engine: z
      .string()
      .nullable()
      .meta({ description: "Who speaks with it; null when nobody configured can." }),
    audio_format: z.string().nullable(),
    duration: z.number().nullable().meta({ description: "Of the recording, seconds." }),
    sample_rate: z.number().int().nullable(),
    sha256: z.string().nullable().meta({ description: "Of the recording as it is kept." }),
    consent: z
      .boolean()
      .nullable()
      .meta({ description: "Whether the uploader said the speaker agrees." }),
    created_at: z.number().nullable().meta({ description: "Unix seconds." }),
    updated_at: z.number().nullable().meta({ description: "Unix seconds." }),
  })
  .meta({ id: "Voice" });
export type VoiceBody = z.output<typeof voiceSchema>;

export const sampleFormats = ["wav", "mp3", "flac", "ogg", "opus", "m4a", "aac", "webm"] as const;

export const newVoiceSchema = z
  .object({
    voice_id: newVoiceIdSchema,
    name,
    description: description.optional(),
    voice_type: z.enum(voiceTypes).default("zero_shot"),
    language: language.optional(),
    prompt_text: z
      .string()
      .max(2000)
      .optional()
      .meta({ description: "What is said in the recording." }),
    audio_format: z
      .enum(sampleFormats)
      .default("wav")
      .meta({ description: "Of the file sent; what it really is, is found out." }),
    audio_file: fileSchema.meta({
      type: "string",
      format: "binary",
      description: "The speaker alone, up to MAX_AUDIO_DURATION seconds.",
    }),
    consent: z
      .preprocess(
        (value) => (typeof value === "string" ? /^(true|1|yes|on)$/i.test(value.trim()) : value),
        z.boolean(),
      )
      .default(false)
      .meta({
        type: "boolean",
        description: "true: the speaker agrees to having this voice copied.",
      }),
  })
  .meta({ id: "NewVoice" });

export const voiceChangesSchema = z
  .object({
    name: name.optional(),
    description: description.optional(),
    language: language.optional(),
  })
  .meta({ id: "VoiceChanges" });

/** Whatever stands there: what nobody has is not found. */
export const voiceParamsSchema = z.object({ voice_id: z.string() });

export const voiceListQuerySchema = z.object({
  voice_type: z.enum(voiceTypes).optional(),
  language: language.optional(),
  page: numberField(z.number().int().min(1).max(1_000_000)).default(1),
  page_size: numberField(z.number().int().min(1).max(100))
    .default(20)
    .meta({ description: "20 by default." }),
});

export const voiceListSchema = z
  .object({
    voices: z.array(voiceSchema),
    total: z.number().int(),
    page: z.number().int(),
    per_page: z.number().int(),
  })
  .meta({ id: "VoiceList" });

export const pretrainedSchema = z
  .object({ pretrained_voices: z.array(voiceSchema), total: z.number().int() })
  .meta({ id: "PretrainedVoices" });

export const voiceStatsSchema = z
  .object({
    total_voices: z.number().int(),
    by_type: z.record(z.string(), z.number().int()),
    by_language: z.record(z.string(), z.number().int()),
    total_audio_seconds: z.number(),
    pretrained_voices: z.number().int(),
  })
  .meta({ id: "VoiceStats" });
