/**
 * ffmpeg, the embedded voice and the threads for sound, opened once for all commands that a process of the tests runs. They end with that
 * process: the voice when its parent is gone, the threads because they keep nothing alive.
 */

import { type AudioWorkers, openAudioWorkers } from "../../src/audio/audio-workers.ts";
import { findTools } from "../../src/media/tools.ts";
import type { Openers } from "../../src/pipeline/setup.ts";
import { openSynthesizer } from "../../src/synthesis/catalogue.ts";
import type { Synthesizer } from "../../src/synthesis/synthesizer.ts";
import { foundTools } from "./found-tools.ts";

let embedded: Promise<Synthesizer> | undefined;
const threads = new Map<number, AudioWorkers>();

/** Each command closes what it was given, which leaves it open for the next one. */
function keepOpen<T extends AsyncDisposable & { close(): Promise<void> }>(opened: T): T {
  return { ...opened, close: async () => {}, [Symbol.asyncDispose]: async () => {} };
}

export const openedOnce: Openers = {
  async findTools({ env, signal }) {
    const { PATH, FFMPEG_PATH, FFPROBE_PATH } = env;
    const isUsual = PATH === process.env.PATH && !FFMPEG_PATH && !FFPROBE_PATH;
    if (!isUsual) return await findTools({ env, ...(signal && { signal }) });
    return await foundTools();
  },
  async openSynthesizer(name, options) {
    if (name !== "embedded") return await openSynthesizer(name, options);
    embedded ??= openSynthesizer(name, { lanes: 2 });
    return keepOpen(await embedded);
  },
  openAudioWorkers({ count }) {
    const workers = threads.get(count) ?? openAudioWorkers({ count });
    threads.set(count, workers);
    return keepOpen(workers);
  },
  // No wait before another try, except where the service asks for one.
  random: () => 0,
};
