/** An uploaded voice for tests. */
import type { StoredVoice } from "../contract.ts";

export function makeStoredVoice(voice: Partial<StoredVoice> = {}): StoredVoice {
  return {
    ...{
      owner: "ann",
      id: "my_voice",
      type: "zero_shot",
      name: "My voice",
      description: undefined,
    },
    ...{ language: "en", promptText: "What I said.", audioFormat: "wav", seconds: 4 },
    ...{ sampleRate: 16_000, sizeBytes: 128_044, sha256: "ab".repeat(32), file: "voice_1.wav" },
    hasConsent: true,
    provenance: {
      ...{ fileName: "me.mp3", uploadSha256: "cd".repeat(32), uploadBytes: 1000 },
      ...{ sourceSeconds: 5, sourceSampleRate: 44_100 },
    },
    ...{ engineVoices: {}, createdAt: 1000, updatedAt: 1000, ...voice },
  };
}
