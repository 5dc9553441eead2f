/** Voices that engines keep of uploaded recordings: each is made once, however many tasks want to speak with it at the same time. */
import type { Call } from "../../core/call.ts";
import { shareOnce } from "../../service/shared-once.ts";
import type { Synthesizer, VoiceRecording } from "../../synthesis/synthesizer.ts";
import { keptVoiceName } from "../engines/kept-voices.ts";
import type { StoredVoice, VoiceStore } from "../voices/contract.ts";
import { unknownVoice } from "../voices/find-voice.ts";

export type EngineVoices = {
  /**
   * The id an uploaded voice has at an engine; made when it has none.
   *
   * @param engine one that keeps voices.
   * @throws ApiError `voice_not_found` when the voice has been deleted meanwhile; what the engine throws; the signal's reason.
   */
  idOf(
    voice: StoredVoice,
    engine: Synthesizer,
    recording: VoiceRecording,
    call?: Call,
  ): Promise<string>;
};

type Making = {
  id: string;
  waiting: number;
  readonly made: (signal: AbortSignal) => Promise<void>;
};

export function openEngineVoices(voices: VoiceStore): EngineVoices {
  /** By recording and engine; only while somebody waits. */
  const underWay = new Map<string, Making>();

  async function make(
    { owner, id, file, name }: StoredVoice,
    engine: Synthesizer,
    recording: VoiceRecording,
    signal: AbortSignal,
  ): Promise<string> {
    // It may have been made since the caller looked.
    const now = await voices.get(owner, id);
    if (now?.file !== file) throw unknownVoice(id);
    const known = now.engineVoices[engine.name];
    if (known !== undefined) return known;
    const kept = { name: keptVoiceName(name), recording };
    const made = (await engine.addVoice?.(kept, { signal })) ?? "";
    let isKept = false;
    try {
      isKept = await voices.setEngineVoice({ owner, id, file }, engine.name, made);
    } finally {
      if (!isKept) await engine.removeVoice?.(made);
    }
    if (!isKept) throw unknownVoice(id);
    return made;
  }

  return {
    async idOf(voice, engine, recording, { signal = new AbortController().signal } = {}) {
      const key = `${engine.name} ${voice.file}`;
      let making = underWay.get(key);
      if (making === undefined) {
        const begun: Making = {
          ...{ id: "", waiting: 0 },
          made: shareOnce(
            async (shared) => {
              begun.id = await make(voice, engine, recording, shared);
            },
            () => false,
          ),
        };
        making = begun;
        underWay.set(key, making);
      }
      making.waiting += 1;
      try {
        await making.made(signal);
        return making.id;
      } finally {
        making.waiting -= 1;
        if (making.waiting === 0) underWay.delete(key);
      }
    },
  };
}
