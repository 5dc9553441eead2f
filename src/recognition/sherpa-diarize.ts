/** Diarization inside its child: who speaks when in one stretch of sound, and what each of them sounds like. */
import { listeningRate } from "../core/sound.ts";
import { floatSamples } from "./sherpa-samples.ts";
import type { DiarizedSound, SherpaRequest } from "./sherpa-settings.ts";
import { openPrint } from "./sherpa-voice-print.ts";

/** Two voices whose prints are further apart (1 − cosine) are two people; the library's own default. */
const clusterThreshold = 0.5;
/** A print is taken from so much of a person's speech at most, samples: more changes little. */
const mostPrinted = 30 * listeningRate;

/** Loads both models. The library ends the process when one is none. */
export async function openDiarize({
  segmentation,
  embedding,
  threads,
}: {
  readonly segmentation: string;
  readonly embedding: string;
  readonly threads: number;
}): Promise<(request: SherpaRequest) => DiarizedSound> {
  const { OfflineSpeakerDiarization } = (await import("sherpa-onnx-node")).default;
  const settings = { numThreads: threads, provider: "cpu", debug: 0 };
  const clustering = (speakers = -1) => ({ numClusters: speakers, threshold: clusterThreshold });
  const diarization = new OfflineSpeakerDiarization({
    segmentation: { pyannote: { model: segmentation }, ...settings },
    embedding: { model: embedding, ...settings },
    clustering: clustering(),
    minDurationOn: 0.3,
    minDurationOff: 0.5,
  });
  const print = await openPrint(embedding, threads);
  return ({ samples, speakers }) => {
    diarization.setConfig({ clustering: clustering(speakers) });
    const found = diarization.process(floatSamples(samples));
    const turns = found.map(({ start, end, speaker }) => ({ start, end, speaker }));
    const count = Math.max(-1, ...turns.map(({ speaker }) => speaker)) + 1;
    const prints = Array.from({ length: count }, (_, speaker) =>
      print(
        speechOf(
          samples,
          turns.filter((turn) => turn.speaker === speaker),
        ),
      ),
    );
    return { turns, prints };
  };
}

/** The longest turns in a row, as much as a print needs. */
function speechOf(
  samples: Int16Array,
  turns: readonly { readonly start: number; readonly end: number }[],
): Int16Array {
  const longestFirst = turns.toSorted((a, b) => b.end - b.start - (a.end - a.start));
  const speech = new Int16Array(mostPrinted);
  let length = 0;
  for (const { start, end } of longestFirst) {
    const room = speech.length - length;
    const first = Math.round(start * listeningRate);
    const part = samples.subarray(first, Math.min(Math.round(end * listeningRate), first + room));
    speech.set(part, length);
    length += part.length;
  }
  return speech.subarray(0, length);
}
