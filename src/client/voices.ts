/** Voices as the client knows them. */
import type { z } from "zod";
import type { healthSchema } from "../api/health.ts";
import type {
  pretrainedSchema,
  sampleFormats,
  VoiceBody,
  VoiceType,
  voiceListSchema,
} from "../api/voices.ts";
import type { FileInput } from "./form.ts";
import type { Camel } from "./names.ts";

export type Voice = Camel<VoiceBody>;
export type VoiceListBody = z.output<typeof voiceListSchema>;
export type PretrainedBody = z.output<typeof pretrainedSchema>;
export type HealthBody = z.output<typeof healthSchema>;
export type Health = Camel<HealthBody>;

export type NewVoice = {
  /** Letters, digits, - and _, at most 64; begins with a letter or digit. */
  readonly voiceId: string;
  readonly name: string;
  /** The speaker alone, 3 to 30 s. */
  readonly audioFile: FileInput;
  /** What is said in it. */
  readonly promptText?: string;
  readonly description?: string;
  /** Default `zero_shot`. */
  readonly voiceType?: VoiceType;
  /** BCP 47, such as `en` or `pt-BR`. */
  readonly language?: string;
  /** A remark; what the file really is, the server finds out. */
  readonly audioFormat?: (typeof sampleFormats)[number];
  /** true: the speaker agrees to having this voice copied. */
  readonly consent?: boolean;
};

export type VoiceChanges = Partial<Pick<NewVoice, "name" | "description" | "language">>;

export type VoiceFilter = {
  readonly voiceType?: VoiceType;
  readonly language?: string;
  /** Voices asked for at once, 1–100. Default 20. */
  readonly pageSize?: number;
};

export function voicePath(id: string): string {
  return `/api/v1/voices/${encodeURIComponent(id)}`;
}
