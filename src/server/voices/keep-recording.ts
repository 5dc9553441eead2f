/** From an upload to a voice: decoded safely, trimmed, stored as mono WAV, with where it came from. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { UploadedFile } from "../../api/values.ts";
import type { VoiceType } from "../../api/voices.ts";
import { parseLanguage } from "../../core/language.ts";
import { decodeVoiceSample } from "../../media/voice-sample.ts";
import type { ServerContext } from "../context.ts";
import type { Owner } from "../tasks/contract.ts";
import { type StoredVoice, shortestSample } from "./contract.ts";

export type NewVoice = {
  readonly owner: Owner;
  readonly voice_id: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly voice_type: VoiceType;
  readonly language?: string | undefined;
  readonly prompt_text?: string | undefined;
  readonly audio_format: string;
  readonly audio_file: UploadedFile;
  readonly consent: boolean;
};

/**
 * @returns the voice, its recording in the file store; `discard` takes that away again.
 * @throws DubberError `invalid_media`, `unknown_language`, `disk_full`; ApiError `insufficient_storage`.
 */
export async function keepRecording(
  { tools, files, folder, settings, storage, now }: ServerContext,
  upload: NewVoice,
): Promise<{ readonly voice: StoredVoice; readonly discard: () => Promise<void> }> {
  const language = upload.language === undefined ? undefined : parseLanguage(upload.language);
  await storage.check();
  // Not the voice's id: what has that id later is another recording.
  const file = `voice_${randomBytes(16).toString("hex")}.wav`;
  const outPath = join(folder, file);
  const { audio_file: source } = upload;
  const sample = await decodeVoiceSample(await tools(), {
    ...{ path: source.path, outPath },
    ...{ maxSeconds: settings.maxSampleSeconds, minSeconds: shortestSample },
  });
  await files.put(file, outPath);
  const atMs = now();
  const voice: StoredVoice = {
    ...{ owner: upload.owner, id: upload.voice_id, type: upload.voice_type, name: upload.name },
    ...{ description: upload.description, language, promptText: upload.prompt_text },
    ...{ audioFormat: upload.audio_format, seconds: sample.seconds, sampleRate: sample.sampleRate },
    ...{ sizeBytes: sample.sizeBytes, sha256: sample.sha256, file, hasConsent: upload.consent },
    provenance: {
      ...{ fileName: source.fileName, uploadSha256: source.sha256, uploadBytes: source.sizeBytes },
      ...{ sourceSeconds: sample.sourceSeconds, sourceSampleRate: sample.sourceSampleRate },
    },
    ...{ engineVoices: {}, createdAt: atMs, updatedAt: atMs },
  };
  return { voice, discard: () => files.remove(file) };
}
