/** Values that stand in many requests: ids, formats, numbers that come as text in forms. */
import { z } from "zod";

/** `task_` and 128 random bits or more. */
export const taskIdSchema = z
  .string()
  .meta({ description: "As a submission answered it, `task_…`." });

/** A voice somebody makes: safe as a file name, a path and a column everywhere. */
export const newVoiceIdSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    "1 to 64 letters, digits, - and _; a letter or digit first",
  )
  .meta({ description: "Letters, digits, - and _, at most 64; begins with a letter or digit." });

/** Any voice: an own one, an alias such as `pretrained_voice_001`, or `engine:voice`. */
export const voiceIdSchema = z.string().min(1).max(200).meta({
  description: "An own voice, an alias such as `pretrained_voice_001`, or `engine:voice`.",
  example: "pretrained_voice_001",
});

export const audioFormats = ["wav", "mp3", "flac", "opus", "pcm"] as const;
export type AudioFormat = (typeof audioFormats)[number];

export const formatSchema = z
  .enum(audioFormats)
  .default("wav")
  .meta({ description: "`pcm` is bare 16-bit little-endian mono at the result's `sample_rate`." });

const speedRule = (speed: z.ZodType<number>) =>
  speed.meta({ description: "0.5 is half as fast, 2 twice as fast." });
/** In JSON. */
export const speedSchema = speedRule(z.number().min(0.5).max(2).default(1));
/** In forms, where everything is text. The document cannot say the default of what is read from text; the description does. */
export const speedFieldSchema = numberField(z.number().min(0.5).max(2))
  .default(1)
  .meta({ description: "0.5 is half as fast, 2 twice as fast; 1 by default." });

/** A number written as text, as forms carry it; a number is taken too. */
export function numberField<Schema extends z.ZodType<number, number>>(schema: Schema) {
  return z
    .preprocess(
      (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
      schema,
    )
    .meta({ type: "number" });
}

/** A truth written as text. */
export const booleanFieldSchema = z
  .preprocess((value) => {
    if (typeof value !== "string") return value;
    const text = value.trim().toLowerCase();
    if (["true", "1", "yes", "on"].includes(text)) return true;
    return ["false", "0", "no", "off", ""].includes(text) ? false : value;
  }, z.boolean())
  .meta({ type: "boolean" });

export const callbackUrlSchema = z.string().max(2048).meta({
  description:
    "Told when the task ends (Standard Webhooks), e.g. `https://example.com/hooks/dubber`. https only, and only where WEBHOOK_SECRET is set.",
});

/** A file of a form, as the server keeps it while the request is read. */
export type UploadedFile = {
  /** Where it lies on the server; its name is the server's own. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** As the client called it: for its ending only, never a path. */
  readonly fileName: string;
};

/** What only the server's own reading of a form can make: nobody can write one into JSON. */
export class FormFile implements UploadedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly fileName: string;

  constructor({ path, sizeBytes, sha256, fileName }: UploadedFile) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.sha256 = sha256;
    this.fileName = fileName;
  }
}

export const fileSchema = z
  .custom<UploadedFile>(
    (value) => value instanceof FormFile,
    "a file is needed here, sent as multipart/form-data (with curl: -F name=@file)",
  )
  .meta({ type: "string", format: "binary" });
