/** Brings one file into a `.part` beside its place, going on where an earlier try, or an earlier process, stopped. */
import { type FileHandle, open } from "node:fs/promises";
import type { Call } from "../core/call.ts";
import type { Clock } from "../core/clock.ts";
import { DubberError } from "../core/error.ts";
import { readRetryAfter } from "../service/retry-after.ts";
import {
  type DownloadTarget,
  DownloadTrouble,
  downloadFailed,
  troubleOf,
  troubleOfStatus,
} from "./download-failure.ts";
import { type Fetch, follow } from "./follow.ts";
import { onDisk, partPath, partSize, readNote, removePart, writeNote } from "./part-file.ts";
import { type StallWatch, watchStall } from "./stall-watch.ts";

export type DownloadOptions = Call & {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Without a byte for so long, the connection is given up. */
  readonly stallMs: number;
  /** Known size of the file, bytes. */
  readonly sizeBytes?: number;
  /** The content will be checked: parts may be joined though the server cannot say whether they belong together. */
  readonly isChecked: boolean;
  /** Bytes that are there, those of earlier runs included. */
  readonly onBytes?: (doneBytes: number) => void;
};

const mostRetries = 4;
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** A try that got so much further does not count as failed, where the size is known and the end therefore certain. */
const progressBytes = 2 ** 20;

/**
 * Downloads a file into its part, flushed to the disk. Its content is not checked here.
 *
 * @returns how many bytes came over the line.
 * @throws DubberError `download_failed`, after four more tries where they make sense; `model_corrupt` for a file of another size;
 *   `disk_full`, `not_writable`, with the part kept; the signal's reason.
 */
export async function download(target: DownloadTarget, options: DownloadOptions): Promise<number> {
  const { clock, signal, sizeBytes } = options;
  const line = { bytes: 0 };
  let furthest = await partSize(target.path);
  for (let retries = 0; ; retries++) {
    try {
      await tryOnce(target, options, line);
      return line.bytes;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DubberError) throw error;
      const trouble = troubleOf(error, target.url);
      const reached = await partSize(target.path);
      if (sizeBytes !== undefined && reached >= furthest + progressBytes) retries = 0;
      furthest = Math.max(furthest, reached);
      // A network that was never there is told at once.
      const isClosed = trouble.isUnreachable && line.bytes === 0;
      if (!trouble.isPassing || isClosed || retries >= mostRetries) {
        throw downloadFailed(trouble, target);
      }
      const pause = Math.max(firstPauseMs * 2 ** retries, trouble.retryAfterMs);
      await clock.sleep(Math.min(pause, longestPauseMs), signal ? { signal } : {});
    }
  }
}

/** One request, and its answer written to the end. */
async function tryOnce(
  target: DownloadTarget,
  options: DownloadOptions,
  line: { bytes: number },
): Promise<void> {
  const { fetch, sizeBytes, isChecked, signal, stallMs } = options;
  const { path, url } = target;
  const note = await readNote(path);
  // Another address counts its versions in another way.
  const etag = note?.url === url.href ? note.etag : undefined;
  const isOurs = isChecked || etag !== undefined;
  let start = isOurs ? await partSize(path) : 0;
  if (sizeBytes !== undefined && start === sizeBytes) return;
  if (sizeBytes !== undefined && start > sizeBytes) start = 0;

  const watch = watchStall(stallMs, url, signal);
  try {
    const headers = { "user-agent": "dubber", "accept-encoding": "identity" };
    const answer = await watch.during(
      follow(fetch, url, { ...headers, ...rangeOf(start, etag) }, watch.signal),
    );
    const begin = await understand(answer, { start, target, etag, sizeBytes });
    if (begin === "complete") return;
    if (begin === 0) {
      await onDisk(path, () => removePart(path));
      await writeNote(path, { url, etag: answer.headers.get("etag") });
    }
    const total = sizeBytes ?? announcedSize(answer, begin);
    await write(answer, begin, total, { target, options, line, watch });
  } finally {
    watch.end();
  }
}

/** @returns where the answer's body begins in the file. */
async function understand(
  answer: Response,
  {
    start,
    target,
    etag,
    sizeBytes,
  }: {
    start: number;
    target: DownloadTarget;
    etag: string | undefined;
    sizeBytes: number | undefined;
  },
): Promise<number | "complete"> {
  const { status, headers } = answer;
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(headers.get("content-range") ?? "");
  const whole = status === 206 || status === 416 ? range?.[2] : contentLength(headers);
  if ((status === 200 || status === 206) && sizeBytes !== undefined && whole !== undefined) {
    if (Number(whole) !== sizeBytes) {
      await answer.body?.cancel().catch(() => {});
      await removePart(target.path);
      throw wrongSize(target, Number(whole), sizeBytes);
    }
  }
  if (status === 200) return 0;
  const sent = headers.get("etag");
  const isSame = etag === undefined || sent === null || sent === etag;
  if (status === 206 && start > 0 && Number(range?.[1]) === start && isSame) return start;
  await answer.body?.cancel().catch(() => {});
  if (status === 416 && start > 0 && whole !== undefined && Number(whole) === start)
    return "complete";
  if (status === 206 || status === 416) {
    // Another file lies there now, or the server counts differently: from the beginning.
    await removePart(target.path);
    throw new DownloadTrouble(`${target.url.host} cannot go on where the download stopped`, {
      isPassing: true,
    });
  }
  throw troubleOfStatus(
    status,
    target.url,
    readRetryAfter((name) => headers.get(name)),
  );
}

async function write(
  answer: Response,
  begin: number,
  total: number | undefined,
  {
    target,
    options: { onBytes },
    line,
    watch,
  }: {
    target: DownloadTarget;
    options: DownloadOptions;
    line: { bytes: number };
    watch: StallWatch;
  },
): Promise<void> {
  const part = partPath(target.path);
  const file = await onDisk(part, () => open(part, begin === 0 ? "w" : "r+"));
  let position = begin;
  try {
    const reader = (answer.body ?? new Blob([]).stream()).getReader();
    onBytes?.(position);
    for (;;) {
      const { value, done } = await watch.during(reader.read());
      if (done) break;
      await onDisk(part, () => writeAll(file, value, position));
      position += value.length;
      line.bytes += value.length;
      onBytes?.(position);
      if (total !== undefined && position > total) {
        await reader.cancel().catch(() => {});
        await removePart(target.path);
        throw wrongSize(target, position, total);
      }
    }
    if (total !== undefined && position < total) {
      throw new DownloadTrouble(`${target.url.host} stopped after ${position} of ${total} bytes`, {
        isPassing: true,
      });
    }
    await onDisk(part, () => file.sync());
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

/** A weak sum does not promise the same bytes, and may not be asked with (RFC 9110, 13.1.5). */
function rangeOf(start: number, etag: string | undefined): Record<string, string> {
  if (start === 0) return {};
  const isStrong = etag !== undefined && !etag.startsWith("W/");
  return { range: `bytes=${start}-`, ...(isStrong && { "if-range": etag }) };
}

function announcedSize({ headers }: Response, begin: number): number | undefined {
  const length = contentLength(headers);
  return length === undefined ? undefined : begin + Number(length);
}

/** Of the file itself: packed content has another length. */
function contentLength(headers: Headers): string | undefined {
  const packing = headers.get("content-encoding") ?? "identity";
  return packing === "identity" ? (headers.get("content-length") ?? undefined) : undefined;
}

function wrongSize({ name, url, path }: DownloadTarget, got: number, wanted: number): DubberError {
  return new DubberError(
    "model_corrupt",
    `${url.host} sends another file for ${name}: ${got} bytes instead of ${wanted}. It was not kept.`,
    {
      hint: `A page to log in may stand between you and the network. The right file can be put there by hand as ${path}.`,
    },
  );
}
