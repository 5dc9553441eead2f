/** Downloads a model into the store: only what is missing, checked before it counts. */
import { rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Call } from "../core/call.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { DubberError } from "../core/error.ts";
import { flushDirectory } from "../core/flush-directory.ts";
import { hashFile } from "../core/hash.ts";
import type { ModelEntry, ModelFile, ModelStore } from "./contract.ts";
import { download } from "./download.ts";
import type { DownloadTarget } from "./download-failure.ts";
import type { Fetch } from "./follow.ts";
import { faultOf, inspectModel } from "./inspect.ts";
import { type FileRecord, writeRecords } from "./model-record.ts";
import { partPath, removePart } from "./part-file.ts";
import { takePullLock } from "./pull-lock.ts";
import { modelDirectory } from "./store.ts";
import { describeStoreError, makeStoreDirectory } from "./store-folder.ts";

export type PullProgress = {
  /** The file that comes now. */
  readonly path: string;
  /** Bytes of the model that are there. */
  readonly doneBytes: number;
  /** Bytes of the model; left out while nobody knows. */
  readonly totalBytes?: number;
};

export type PullOptions = Call & {
  readonly onProgress?: (progress: PullProgress) => void;
  /** Called once, when another process is downloading the same model. */
  readonly onWait?: () => void;
  /** A mirror that has the files under the same paths: it takes the place of each address's host. */
  readonly mirrorUrl?: string;
  /** Default: the one of Node. */
  readonly fetch?: Fetch;
  readonly clock?: Clock;
  /** Without a byte for so long, a connection is given up and made anew. Default 30,000. */
  readonly stallMs?: number;
};

export type PullResult = {
  /** The model's folder, absolute. */
  readonly directory: string;
  /** What came over the line; 0 where all was there already. */
  readonly downloadedBytes: number;
  /** Files of which no sum was known: what came first is what they will be compared with from now on. */
  readonly trusted: readonly { readonly path: string; readonly sha256: string }[];
};

/**
 * Downloads what is missing or damaged of a model and checks it. An interrupted download goes on where it stopped, also after
 * a kill; a second process waits for the first and takes over what it brought.
 *
 * @throws DubberError `download_failed`, `model_corrupt`, `disk_full`, `not_writable`, `invalid_options` (mirrorUrl); the
 *   signal's reason. What is complete by then stays, and so does the part of the file that was coming.
 */
export async function pullModel(
  store: ModelStore,
  entry: ModelEntry,
  options: PullOptions = {},
): Promise<PullResult> {
  const { signal, clock = systemClock, onWait, onProgress } = options;
  const call = signal ? { signal } : {};
  const directory = modelDirectory(store, entry);
  const lock = { ...call, clock, ...(onWait && { onWait }) };
  await using _lock = await takePullLock(directory, lock);
  const before = await inspectModel(entry, directory, { trust: "record", adopts: true, ...call });
  const records = new Map<string, FileRecord>();
  for (const { state, record } of before) {
    if (state === "whole" && record !== undefined) records.set(record.path, record);
  }
  const totalBytes = sizeOfModel(entry);
  const trusted: { path: string; sha256: string }[] = [];
  let downloadedBytes = 0;
  for (const file of entry.files) {
    if (records.has(file.path)) continue;
    const ready = [...records.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const target = targetOf(entry, file, directory, options.mirrorUrl);
    await makeStoreDirectory(dirname(target.path));
    downloadedBytes += await download(target, {
      ...{ ...call, clock, fetch: options.fetch ?? fetch, stallMs: options.stallMs ?? 30_000 },
      ...(file.sizeBytes !== undefined && { sizeBytes: file.sizeBytes }),
      isChecked: file.sha256 !== undefined,
      onBytes(done) {
        const doneBytes = ready + done;
        onProgress?.({
          path: file.path,
          doneBytes,
          ...(totalBytes !== undefined && { totalBytes }),
        });
      },
    });
    const record = await install(entry, file, target, signal);
    records.set(file.path, record);
    if (record.trust === "first-download") trusted.push({ path: file.path, sha256: record.sha256 });
  }
  if (before.some(({ state }) => state !== "whole")) {
    const inOrder = entry.files.flatMap(({ path }) => records.get(path) ?? []);
    await writeRecords(directory, entry.name, inOrder).catch((error: unknown) => {
      throw describeStoreError(error, directory);
    });
  }
  return { directory, downloadedBytes, trusted };
}

/** Bytes of all files; undefined where one of them is not known. */
export function sizeOfModel({ files }: ModelEntry): number | undefined {
  return files.reduce<number | undefined>(
    (sum, { sizeBytes }) =>
      sum === undefined || sizeBytes === undefined ? undefined : sum + sizeBytes,
    0,
  );
}

/** Checks a complete part and puts it in its place. */
async function install(
  entry: ModelEntry,
  file: ModelFile,
  { name, path, url }: DownloadTarget,
  signal: AbortSignal | undefined,
): Promise<FileRecord> {
  const part = partPath(path);
  const sha256 = await hashFile(part, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw describeStoreError(error, part);
  });
  const isRight = file.sha256 === undefined || file.sha256 === sha256;
  const fault = isRight
    ? await faultOf(entry, file, part)
    : "does not have the content that the catalogue promises";
  if (fault !== undefined) {
    await removePart(path);
    throw new DubberError(
      "model_corrupt",
      `${file.path} of ${name}, as ${url.host} has it, ${fault}. It was not kept.`,
      {
        hint: "Run the same command again. If it says the same, the server has another file: see whether a newer Dubber knows it.",
        retryable: true,
      },
    );
  }
  try {
    await rename(part, path);
    await flushDirectory(dirname(path));
    await removePart(path);
    const { size: sizeBytes, mtimeMs } = await stat(path);
    const trust = file.sha256 === undefined ? "first-download" : "catalogue";
    return { path: file.path, sha256, sizeBytes, mtimeMs, trust };
  } catch (error) {
    throw describeStoreError(error, path);
  }
}

function targetOf(
  { name }: ModelEntry,
  file: ModelFile,
  directory: string,
  mirrorUrl: string | undefined,
): DownloadTarget {
  const path = join(directory, file.path);
  const own = new URL(file.url);
  if (mirrorUrl === undefined) return { name, path, url: own };
  const base = URL.parse(mirrorUrl);
  const isUsable = base !== null && /^https?:$/.test(base.protocol) && base.username === "";
  if (!isUsable) {
    throw new DubberError("invalid_options", "DUBBER_MODELS_URL is no address of a mirror.", {
      hint: "Give it as https://host or http://host:port/folder, without a user's name.",
    });
  }
  base.pathname = base.pathname.replace(/\/$/, "") + own.pathname;
  return { name, path, url: base };
}
