/** Orders for speech: one shape for all four kinds, and where each is sent. */
import type { AudioFormat } from "../api/values.ts";
import { type FileInput, toForm } from "./form.ts";
import type { Request } from "./http.ts";

/** What is to be said, and how. */
export type SpeechOrder = Said & (WithVoice | WithInstructions | LikeRecording | InAnotherLanguage);

type Said = {
  readonly text: string;
  /** 0.5 is half as fast, 2 twice as fast. Default 1. */
  readonly speed?: number;
  /** Default `wav`; `pcm` is bare 16-bit little-endian mono. */
  readonly format?: AudioFormat;
  /** Told when the task ends, where the server has webhooks. */
  readonly callbackUrl?: string;
};
type WithVoice = {
  readonly kind?: "sft";
  /** An own voice, an alias such as `pretrained_voice_001`, or `engine:voice`. */
  readonly voiceId: string;
};
type WithInstructions = {
  readonly kind: "instruct";
  readonly voiceId: string;
  /** How to say it, in words. */
  readonly instructText: string;
};
/** An uploaded voice, or a recording that comes along. */
type Recorded =
  | { readonly voiceId: string; readonly promptAudio?: undefined }
  | { readonly promptAudio: FileInput; readonly voiceId?: undefined };
type LikeRecording = Recorded & {
  readonly kind: "zero-shot";
  /** What is said in the recording. */
  readonly promptText?: string;
};
type InAnotherLanguage = Recorded & { readonly kind: "cross-lingual" };

/**
 * An order as a request.
 *
 * @param where `/api/v1/synthesize` answers with the speech, `/api/v1/async/synthesize` with a task.
 * @throws DubberError `not_found`, `unreadable` for the path of a recording.
 */
export async function speechRequest(
  where: "/api/v1/synthesize" | "/api/v1/async/synthesize",
  { kind = "sft", ...fields }: SpeechOrder & { readonly stream?: boolean },
): Promise<Request> {
  const isForm = kind === "zero-shot" || kind === "cross-lingual";
  const body = isForm ? await toForm(fields, ["promptAudio"]) : fields;
  return { method: "POST", path: `${where}/${kind}`, body };
}
