/** One connection that listens to a text being spoken: samples in, encoded bytes out, and no clean end for what broke off. */
import type { Readable } from "node:stream";
import type { Clock } from "../../core/clock.ts";
import { systemClock } from "../../core/clock.ts";
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
  readonly clock?: Clock;
};

/** A client that does not read for so long is given up, ms: it keeps a worker waiting. */
const stallMs = 30_000;
/** An encoder gives its first bytes within that, ms, unless it has got too little for any. */
const firstBytesMs = 500;
/** Where nobody says another one, Hz. */
const usualRate = 24_000;

export type Listener = SoundSink & {
  /** Resolves when the first bytes are there, with everything that follows. @throws what it failed with before that. */
  readonly opened: Promise<Readable>;
};

export function openListener(
  tools: Tools | undefined,
  { format, outRate, expectedRate, clock = systemClock }: ListenerOptions,
): Listener {
  const { promise: opened, resolve, reject } = Promise.withResolvers<Readable>();
  opened.catch(() => {});
  let isHeard = false;
  let failure: { readonly error: unknown } | undefined;
  let current: { readonly stream: SoundStream; readonly rate: number } | undefined;
  if (expectedRate !== undefined) current = open(expectedRate);

  function open(rate: number) {
    // Bare samples need no tool; what does has been looked for.
    const stream = openSoundStream(tools as Tools, { format, sampleRate: rate, outRate });
    // Of one that was opened for another rate nobody wants to know.
    stream.readable.once("error", (error) => {
      if (current?.stream === stream) reject(error);
    });
    return { stream, rate };
  }

  /** The stream for samples of that rate; the one that was opened in advance, when the guess was right. */
  async function streamFor(rate: number | undefined): Promise<SoundStream> {
    const wanted = rate ?? current?.rate ?? usualRate;
    if (current?.rate === wanted) return current.stream;
    if (isHeard) throw new DubberError("engine_failed", "The sound has changed its rate.");
    const before = current;
    current = open(wanted);
    await before?.stream.abort();
    return current.stream;
  }

  return {
    opened,
    async write(samples, sampleRate) {
      if (failure !== undefined) throw failure.error;
      const stream = await streamFor(sampleRate);
      if (samples.length === 0) return;
      const isFirst = !isHeard;
      isHeard = true;
      const writing = stream.write(samples);
      // Reading begins when there is something to hear: until then a failure can still be told in words.
      if (isFirst) stream.readable.once("readable", () => resolve(stream.readable));
      await withinTime(writing, { ms: stallMs, clock, late: stalled });
      // What fails from now on breaks off: that must not depend on whether the encoder was quicker.
      if (isFirst) await withinTime(opened, { ms: firstBytesMs, clock });
    },
    async end() {
      if (failure !== undefined) throw failure.error;
      await current?.stream.end();
    },
    fail(error) {
      failure ??= { error };
      reject(error);
      void current?.stream.abort(error);
    },
  };
}

/** @param late what it ends with when the time is over; without, that is the end of waiting, and no more. */
async function withinTime(
  work: Promise<unknown>,
  { ms, clock, late }: { readonly ms: number; readonly clock: Clock; readonly late?: () => Error },
): Promise<void> {
  const over = new AbortController();
  const time = clock.sleep(ms, over).then(() => {
    if (late !== undefined) throw late();
  });
  try {
    await Promise.race([work, time]);
  } finally {
    time.catch(() => {});
    over.abort();
  }
}

function stalled(): DubberError {
  return new DubberError("engine_failed", "The client has stopped reading.");
}
