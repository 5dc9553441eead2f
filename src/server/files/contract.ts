/** What whoever keeps files has to do: whole files under names of the server's own. A disk here, an object store in a cluster. */
import type { Readable } from "node:stream";

export type StoredFile = {
  readonly sizeBytes: number;
  /** When it came into the store, Unix ms, however long it was in the making. */
  readonly storedAtMs: number;
};

/** A part of a file, bytes, both ends included. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * Names are made by the server: letters, digits, `_` and `-`, with one or two endings of letters and digits. Whatever else is asked for is
 * not there, and is refused where it should be made.
 */
export type FileStore = {
  /**
   * Takes a finished file from the local disk into the store; it is there as a whole, and on the disk, or not at all. A file of that name is replaced.
   *
   * @param localPath is gone afterwards, also when this throws.
   * @throws DubberError `disk_full`, `not_writable`, `not_found`; `internal` for what is no name.
   */
  put(name: string, localPath: string): Promise<void>;
  /** The same for content in memory. */
  write(name: string, parts: readonly Uint8Array[]): Promise<void>;
  stat(name: string): Promise<StoredFile | undefined>;
  /** Opens the file now, so that it can be read to its end even when it is removed meanwhile; undefined when there is none. */
  read(name: string, range?: ByteRange): Promise<Readable | undefined>;
  /** A path from which child processes can read it, until the returned function is called. @throws DubberError `not_found`. */
  local(name: string): Promise<{ readonly path: string; release(): Promise<void> }>;
  /** One that is not there is fine. */
  remove(name: string): Promise<void>;
  /** All names, in no order. */
  names(): AsyncIterable<string>;
  /** Bytes of all files. */
  usedBytes(): Promise<number>;
  /** Bytes that can still be written. */
  freeBytes(): Promise<number>;
};
