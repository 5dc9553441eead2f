/** The part of OpenAI's API that speaks: names and limits as clients of that API know them. */
import { z } from "zod";

export const openaiFormats = ["mp3", "opus", "aac", "flac", "wav", "pcm"] as const;

export const speechRequestSchema = z
  .object({
    model: z.string().min(1).max(200).meta({ example: "tts-1" }),
    input: z.string().min(1).max(4096),
    voice: z
      .union([z.string().min(1).max(200), z.object({ id: z.string().min(1).max(200) })])
      .meta({
        description:
          "A voice of this server, also `pretrained_voice_001` or one of OpenAI's names.",
        example: "alloy",
      }),
    instructions: z.string().trim().max(4096).optional(),
    response_format: z.enum(openaiFormats).default("mp3"),
    speed: z.number().min(0.25).max(4).default(1),
    stream_format: z.enum(["audio", "sse"]).default("audio"),
  })
  .meta({ id: "SpeechRequest" });
export type SpeechRequestBody = z.output<typeof speechRequestSchema>;

export const openaiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: "OpenaiError" });

export const modelListSchema = z
  .object({
    object: z.literal("list"),
    data: z.array(
      z.object({
        id: z.string(),
        object: z.literal("model"),
        created: z.number().int(),
        owned_by: z.string(),
      }),
    ),
  })
  .meta({ id: "ModelList" });

export const speechVoicesSchema = z
  .object({
    voices: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        languages: z.array(z.string()),
        engine: z.string(),
      }),
    ),
  })
  .meta({ id: "SpeechVoices" });
