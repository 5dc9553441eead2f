/** Dubbing as a task: the options that may be chosen over the network, and the result. Paths are not among them. */
import { z } from "zod";
import { callbackUrlSchema, fileSchema, numberField, voiceIdSchema } from "./values.ts";

export const fitModes = ["plan", "pad-or-speedup", "stretch-both"] as const;

/** Strict: a misspelt option would be missed only when the video is done. */
export const dubRequestSchema = z
  .strictObject({
    video: fileSchema.meta({ type: "string", format: "binary", description: "Video or sound." }),
    subtitles: fileSchema.optional().meta({
      type: "string",
      format: "binary",
      description:
        "SRT, VTT, ASS or segments JSON in the dub's language. Default: a fitting subtitle stream of the video, else what a recogniser of the server hears, where one is installed; nothing is translated.",
    }),
    to: z.string().min(1).max(64).meta({ description: "Language of the dub.", example: "es" }),
    voice_id: voiceIdSchema.optional(),
    provider: z
      .string()
      .max(32)
      .optional()
      .meta({ description: "Voice engine; default: the one of `voice_id`, else the server's." }),
    fit: z.enum(fitModes).default("plan").meta({
      description: "`plan` plans all lines together; the others fit each into its own window.",
    }),
    background: z.enum(["duck", "keep", "off"]).default("duck"),
    burn: z.enum(["soft", "hard", "off"]).default("soft").meta({ description: "Subtitles." }),
    loudness: z
      .union([z.literal("off"), numberField(z.number().min(-40).max(-5))])
      .default(-14)
      .meta({ description: "LUFS, or `off`." }),
    callback_url: callbackUrlSchema.optional(),
  })
  .meta({ id: "DubRequest" });
export type DubRequestBody = z.output<typeof dubRequestSchema>;

export const dubResultSchema = z
  .object({
    success: z.literal(true),
    message: z.string(),
    video_url: z
      .string()
      .nullable()
      .meta({ description: "null when what was sent has no picture." }),
    audio_url: z.string().meta({
      description:
        "The dub's sound: AAC (.m4a) for a video, else in the container of what was sent.",
    }),
    subtitles_url: z.string(),
    report: z.looseObject({}).meta({ description: "Plan, loudness and warnings of the dub." }),
    warnings: z.array(z.string()),
  })
  .meta({ id: "DubResult" });
export type DubResultBody = z.output<typeof dubResultSchema>;
