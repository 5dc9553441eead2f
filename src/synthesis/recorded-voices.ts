/** Voices that a service makes of recordings: each once, however many want to speak with it at the same time. */
import type { ServiceReply } from "../core/service-reply.ts";
import type { ServiceAskCall } from "../service/ask.ts";
import { shareOnce } from "../service/shared-once.ts";
import type { VoiceRecording } from "./synthesizer.ts";
import { recordingHash } from "./voice-recording.ts";

export type RecordedVoices = {
  /**
   * The id of the voice with this recording's sound; made when nobody has asked for it before.
   *
   * @param call its `onReply` hears of the answer that refused the voice, and of no other.
   * @throws what making it throws, to all who wait for it; whoever asks next makes it anew. The signal's reason.
   */
  idOf(recording: VoiceRecording, call: ServiceAskCall): Promise<string>;
  /** The voice is gone: it has to be made again. */
  forget(id: string): void;
};

/** @param make makes a voice, and gives back its id. */
export function recordedVoices(
  make: (recording: VoiceRecording, call: ServiceAskCall) => Promise<string>,
): RecordedVoices {
  const ids = new Map<string, string>();
  /** Kept only while somebody waits, because each holds its recording. */
  const underWay = new Map<string, Making>();

  function begin(hash: string, recording: VoiceRecording): Making {
    const making: Making = {
      id: "",
      reply: undefined,
      waiting: 0,
      made: shareOnce(
        async (signal) => {
          making.reply = undefined;
          const onReply = (reply: ServiceReply) => {
            making.reply = reply;
          };
          making.id = await make(recording, { signal, onReply });
          ids.set(hash, making.id);
        },
        () => false,
      ),
    };
    underWay.set(hash, making);
    return making;
  }

  return {
    async idOf(recording, { signal, onReply }) {
      const hash = recordingHash(recording);
      const known = ids.get(hash);
      if (known !== undefined) return known;
      const making = underWay.get(hash) ?? begin(hash, recording);
      making.waiting += 1;
      try {
        await making.made(signal);
        return making.id;
      } catch (error) {
        signal.throwIfAborted();
        if (making.reply !== undefined) onReply?.(making.reply);
        throw error;
      } finally {
        making.waiting -= 1;
        if (making.waiting === 0) underWay.delete(hash);
      }
    },
    forget(id) {
      for (const [hash, one] of ids) if (one === id) ids.delete(hash);
    },
  };
}

/** A voice that is being made. */
type Making = {
  id: string;
  /** What the service said last. */
  reply: ServiceReply | undefined;
  waiting: number;
  readonly made: (signal: AbortSignal) => Promise<void>;
};
