/** The translation memory on disk: JSON Lines that are only ever added to, shared by videos and by processes. */
import { appendFile, open } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { describeFileError } from "../core/error.ts";
import { makeDirectory } from "../core/make-directory.ts";
import { checkReadableFile } from "../core/readable-file.ts";
import type { TranslationMemory } from "./contract.ts";

export type MemoryFile = TranslationMemory & {
  /** Lines of the files that could not be read, such as one cut off by a crash; they are left alone. */
  readonly ignoredLines: number;
  /**
   * Resolves when everything kept so far is on the disk.
   *
   * @throws DubberError `disk_full`, `not_writable`: the first failure to write since the last flush.
   */
  flush(): Promise<void>;
};

/** Few enough to be one write: other processes may write between two. */
const linesAtOnce = 100;

const entrySchema = z.object({ key: z.string().min(1), value: z.unknown() });

/**
 * Opens a memory kept in one or more files, made where they are missing. What any of them has is found; what is kept goes into all,
 * and so does what is found in one and missing in another. Where two files differ the earlier path counts, within a file the later line.
 *
 * Files are never rewritten: hardly any key gets a second value, and each entry is one line, added at the end in one write. A process
 * killed at any moment leaves at most a last line cut short, which is ignored; processes that add to the same file do not
 * disturb each other; and two files can be joined by putting one after the other. Entries are held in memory.
 *
 * @param paths the video's own first, then those it shares.
 * @throws DubberError `unreadable`, `not_writable`, `disk_full`.
 */
export async function openMemory(paths: readonly string[]): Promise<MemoryFile> {
  const values = new Map<string, unknown>();
  const files = await Promise.all([...new Set(paths)].map(readFileOf));
  let ignoredLines = 0;
  for (const { entries, ignored } of files) {
    ignoredLines += ignored;
    for (const [key, value] of entries) if (!values.has(key)) values.set(key, value);
  }
  const writers = files.map(({ path, entries, isCut }) => {
    const written = new Set(entries.keys());
    const appender = appendTo(path, isCut);
    const add = (key: string, value: unknown): void => {
      written.add(key);
      appender.line(lineOf(key, value));
    };
    return {
      add,
      keep: (key: string, value: unknown): void => {
        if (!written.has(key)) add(key, value);
      },
      flush: appender.flush,
    };
  });
  return {
    ignoredLines,
    get(key) {
      const value = values.get(key);
      if (value !== undefined) for (const writer of writers) writer.keep(key, value);
      return value;
    },
    set(key, value) {
      const isKnown = values.has(key) && lineOf(key, values.get(key)) === lineOf(key, value);
      values.set(key, value);
      for (const writer of writers) isKnown ? writer.keep(key, value) : writer.add(key, value);
    },
    async flush() {
      const results = await Promise.allSettled(writers.map((writer) => writer.flush()));
      for (const result of results) if (result.status === "rejected") throw result.reason;
    },
  };
}

type ReadMemory = {
  readonly path: string;
  readonly entries: ReadonlyMap<string, unknown>;
  readonly ignored: number;
  /** The last line has no end. */
  readonly isCut: boolean;
};

async function readFileOf(path: string): Promise<ReadMemory> {
  await makeDirectory(dirname(path));
  try {
    // Makes the file, and finds out before anything is paid for whether it can be written.
    await (await open(path, "a")).close();
  } catch (error) {
    throw describeFileError(error, path);
  }
  await checkReadableFile(path);
  const entries = new Map<string, unknown>();
  let ignored = 0;
  const file = await open(path, "r");
  try {
    for await (const line of file.readLines({ autoClose: false })) {
      if (line.trim() === "") continue;
      const { data } = entrySchema.safeParse(parseLine(line));
      if (data === undefined) ignored += 1;
      else entries.set(data.key, data.value);
    }
    const { size } = await file.stat();
    const last = size === 0 ? undefined : await file.read({ position: size - 1, length: 1 });
    return { path, entries, ignored, isCut: last !== undefined && last.buffer[0] !== 0x0a };
  } catch (error) {
    throw describeFileError(error, path);
  } finally {
    await file.close();
  }
}

/** Readers of lines also stop at U+2028 and U+2029, which JSON leaves as they are. */
function lineOf(key: string, value: unknown): string {
  return JSON.stringify({ key, value }).replace(
    /[\u2028\u2029]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16)}`,
  );
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Adds lines to a file, in order, those that come while another is written together. */
function appendTo(
  path: string,
  isCut: boolean,
): { readonly line: (text: string) => void; readonly flush: () => Promise<void> } {
  const waiting: string[] = [];
  let failure: unknown;
  let needsLineEnd = isCut;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting.splice(0, linesAtOnce);
      try {
        await appendFile(path, `${needsLineEnd ? "\n" : ""}${lines.join("\n")}\n`);
        needsLineEnd = false;
      } catch (error) {
        // A part of it may be there.
        needsLineEnd = true;
        failure ??= describeFileError(error, path);
      }
    }
    writing = undefined;
  }

  return {
    line(text) {
      waiting.push(text);
      writing ??= write();
    },
    async flush() {
      await writing;
      const failed = failure;
      failure = undefined;
      if (failed !== undefined) throw failed;
      const file = await open(path, "a").catch((error: unknown) => {
        throw describeFileError(error, path);
      });
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}
