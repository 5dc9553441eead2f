/** Orders for a dub. */
import type { fitModes } from "../api/dub.ts";
import type { FileInput } from "./form.ts";

export type DubOrder = {
  /** Video or sound. */
  readonly video: FileInput;
  /** SRT, VTT, ASS or segments JSON in the dub's language. Default: a subtitle stream of the video, else what is heard. */
  readonly subtitles?: FileInput;
  /** Language of the dub, BCP 47. */
  readonly to: string;
  readonly voiceId?: string;
  /** Voice engine. Default: the one of `voiceId`, else the server's. */
  readonly provider?: string;
  /** Default `plan`: all lines together. */
  readonly fit?: (typeof fitModes)[number];
  /** Default `duck`. */
  readonly background?: "duck" | "keep" | "off";
  /** Subtitles. Default `soft`. */
  readonly burn?: "soft" | "hard" | "off";
  /** LUFS. Default −14. */
  readonly loudness?: number | "off";
  /** Told when the task ends, where the server has webhooks. */
  readonly callbackUrl?: string;
};
