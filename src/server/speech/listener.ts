/** One connection that listens to a text being spoken: samples in, encoded bytes out, and no clean end for what broke off. */
import type { Readable } from "node:stream";
import { DubberError } from "../../core/error.ts";
import type { SoundFormat } from "../../media/sound-format.ts";
import { openSoundStream, type SoundStream } from "../../media/sound-stream.ts";
import type { Tools } from "../../media/tools.ts";
import type { SoundSink } from "./sinks.ts";

export type ListenerOptions = {
  readonly format: SoundFormat;
  /** Hz; default the engine's own. */
  readonly outRate?: number | undefined;
  /** What the engine is expected to give, Hz: the encoder can start before the first word. */
  readonly expectedRate?: number | undefined;
};

/** A client that does not read for so long is given up, ms: it keeps a worker waiting. */
const stallMs = 30_000;

export type Listener = SoundSink & {
  /** Resolves when the first bytes are there, with everything that follows. @throws what it failed with before that. */
  readonly opened: Promise<Readable>;
};

export function openListener(
  tools: Tools | undefined,
  { format, outRate, expectedRate }: ListenerOptions,
): Listener {
  const { promise: opened, resolve, reject } = Promise.withResolvers<Readable>();
  opened.catch(() => {});
  let stream: SoundStream | undefined;
  let rate = expectedRate;
  if (expectedRate !== undefined) open(expectedRate);

  function open(sampleRate: number): SoundStream {
    // Bare samples need no tool; what does has been looked for.
    const made = openSoundStream(tools as Tools, { format, sampleRate, outRate });
    stream = made;
    rate = sampleRate;
    // A WAV's header is there at once and says nothing yet.
    made.readable.once("error", reject);
    return made;
  }

  return {
    opened,
    async write(samples, sampleRate) {
      const isOther = sampleRate !== undefined && sampleRate !== rate;
      if (isOther && stream !== undefined) await stream.abort();
      const current = stream === undefined || isOther ? open(sampleRate ?? rate ?? 24_000) : stream;
      if (samples.length === 0) return;
      await withinTime(current.write(samples));
      // Reading begins when there is something to hear: until then a failure can still be told in words.
      if (current.readable.readableLength > 0) resolve(current.readable);
      else current.readable.once("readable", () => resolve(current.readable));
    },
    async end() {
      await stream?.end();
    },
    fail(error) {
      reject(error);
      void stream?.abort(error);
    },
  };
}

async function withinTime(work: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new DubberError("engine_failed", "The client has stopped reading."));
  }, stallMs);
  await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
