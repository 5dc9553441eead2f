/** The sound with its noise taken out, before anybody listens for words in it. */
import type { Call } from "../core/call.ts";
import type { Slot } from "../core/segment.ts";
import { listeningRate, type SoundPiece } from "../core/sound.ts";
import type { Denoiser } from "../recognition/denoiser.ts";

/**
 * Passes the pieces through a denoiser. The silences that were found in the noisy sound go along, a little later than they came.
 *
 * @throws DubberError as `Denoiser.denoise`.
 */
export async function* denoised(
  pieces: AsyncIterable<SoundPiece>,
  denoiser: Denoiser,
  call: Call,
): AsyncIterable<SoundPiece> {
  const waiting: Slot[] = [];
  async function* noisy(): AsyncIterable<Int16Array> {
    for await (const { samples, silences } of pieces) {
      waiting.push(...silences);
      yield samples;
    }
  }
  let at = 0;
  for await (const samples of denoiser.denoise(noisy(), call)) {
    const start = at / listeningRate;
    at += samples.length;
    const known = waiting.findIndex((silence) => silence.start >= at / listeningRate);
    const silences = waiting.splice(0, known < 0 ? waiting.length : known);
    yield { start, samples, silences };
  }
}
