/** Voices as the API shows them. */
import type { VoiceBody } from "../../api/voices.ts";
import type { StoredVoice } from "../voices/contract.ts";

/** @param engine who would speak with it, if anybody. */
export function presentVoice(voice: StoredVoice, engine: string | undefined): VoiceBody {
  return {
    ...{ voice_id: voice.id, name: voice.name, description: voice.description ?? null },
    ...{ voice_type: voice.type, language: voice.language ?? null },
    ...{ prompt_text: voice.promptText ?? null, is_pretrained: false, engine: engine ?? null },
    ...{ audio_format: voice.audioFormat, duration: voice.seconds, sample_rate: voice.sampleRate },
    ...{ sha256: voice.sha256, consent: voice.hasConsent },
    ...{ created_at: voice.createdAt / 1000, updated_at: voice.updatedAt / 1000 },
  };
}
