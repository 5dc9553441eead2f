/** ffprobe's JSON as far as it is used: numbers come as text, "N/A" and 0/0 mean unknown. */
import { z } from "zod";

const number = z
  .union([z.string(), z.number()])
  .transform((value) => {
    const read = Number(value);
    return Number.isFinite(read) ? read : undefined;
  })
  .optional()
  .catch(undefined);

const rate = z
  .string()
  .transform((text) => {
    const [top = 0, bottom = 1] = text.split("/").map(Number);
    const value = top / bottom;
    return Number.isFinite(value) && value > 0 ? value : undefined;
  })
  .optional()
  .catch(undefined);

const tags = z.record(z.string(), z.coerce.string()).default({}).catch({});

const streamSchema = z.object({
  index: z.number(),
  codec_type: z.string().default("unknown"),
  codec_name: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  sample_rate: number,
  channels: z.number().optional(),
  avg_frame_rate: rate,
  r_frame_rate: rate,
  start_time: number,
  duration: number,
  duration_ts: number,
  disposition: z.record(z.string(), z.number()).default({}),
  tags,
});

export const headerSchema = z.object({
  format: z.object({
    format_name: z.string(),
    start_time: number,
    duration: number,
    tags,
  }),
  streams: z.array(streamSchema).default([]),
  chapters: z.array(z.unknown()).default([]),
});

/** `isEstimated`: the length is a guess from the bit rate. */
export type ProbedHeader = Readonly<z.infer<typeof headerSchema>> & {
  readonly isEstimated: boolean;
};
export type ProbedStream = Readonly<z.infer<typeof streamSchema>>;
