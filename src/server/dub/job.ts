/** What a dubbing task keeps to be worked on by, and what is kept of it when it is done. */
import { z } from "zod";
import { fitModes } from "../../api/dub.ts";

export const dubJobSchema = z.object({
  /** Names in the file store. */
  video: z.string(),
  subtitles: z.string().optional(),
  /** BCP 47. */
  to: z.string(),
  engine: z.string(),
  /** Of the engine; absent: one that speaks the language. */
  voice: z.string().optional(),
  /** An uploaded voice of the owner's. */
  ownVoice: z.string().optional(),
  fit: z.enum(fitModes),
  background: z.enum(["duck", "keep", "off"]),
  burn: z.enum(["soft", "hard", "off"]),
  loudness: z.union([z.number(), z.literal("off")]),
});
export type DubJob = z.output<typeof dubJobSchema>;

export const dubbedSchema = z.object({
  /** Names in the file store; without a picture there is no video. */
  video: z.string().optional(),
  audio: z.string(),
  subtitles: z.string(),
  report: z.looseObject({}),
  warnings: z.array(z.string()),
});
export type Dubbed = z.output<typeof dubbedSchema>;
