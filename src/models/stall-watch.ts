/** Ends a request on which nothing comes any more. */
import { DownloadTrouble } from "./download-failure.ts";

export type StallWatch = {
  readonly signal: AbortSignal;
  /** Counts the time until something comes. */
  during<T>(waiting: Promise<T>): Promise<T>;
  end(): void;
};

/**
 * @param stallMs how long each wait may take.
 * @param signal the caller's; both end the request.
 */
export function watchStall(
  stallMs: number,
  { host }: URL,
  signal: AbortSignal | undefined,
): StallWatch {
  const own = new AbortController();
  const both = signal === undefined ? own.signal : AbortSignal.any([own.signal, signal]);
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: both,
    async during(waiting) {
      timer = setTimeout(() => {
        const message = `${host} sent nothing for ${stallMs / 1000} s`;
        own.abort(new DownloadTrouble(message, { isPassing: true }));
      }, stallMs);
      try {
        return await waiting;
      } catch (error) {
        throw own.signal.aborted ? own.signal.reason : error;
      } finally {
        clearTimeout(timer);
      }
    },
    end() {
      clearTimeout(timer);
      own.abort(new DownloadTrouble(`${host} was left`));
    },
  };
}
