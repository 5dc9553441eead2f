/** The rules whoever keeps files has to keep, as a test suite to run on it. Not a test by itself. */
import { randomBytes } from "node:crypto";
import { access, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileStore } from "../contract.ts";

/** Where a store keeps its files, from one opening to the next. */
export type FilePlace = {
  open(): Promise<FileStore>;
  /** A folder for files in the making. */
  readonly folder: string;
  remove(): Promise<void>;
};

/** Names that lead elsewhere, on one system or another, or that are none of the server's. */
const badNames = [
  ...[
    "",
    ".",
    "..",
    "/",
    "a",
    "wav",
    ".wav",
    "a.",
    "a..wav",
    "a.b.c.d",
    "-a.wav",
    "_a.wav",
    "a .wav",
  ],
  ...["../a.wav", "..\\a.wav", "a/../b.wav", "a/b.wav", "/etc/passwd.txt", "C:\\a.wav", "a:b.wav"],
  ...[
    "%2e%2e%2fa.wav",
    "..%2fa.wav",
    "a%00.wav",
    "a\0.wav",
    "a.wav\0",
    "\0.wav",
    "a.wav\n",
    "\na.wav",
  ],
  ...[
    "~/a.wav",
    "$HOME.wav",
    "a*.wav",
    "a?.wav",
    "con.",
    "ä.wav",
    "ａ.wav",
    "a\u202e.wav",
    "a.wäv",
  ],
  ...[
    "．．/a.wav",
    "a\u2215b.wav",
    ".tmp-a-0123456789ab.wav",
    "__proto__",
    `${"a".repeat(300)}.wav`,
  ],
];

/**
 * Declares the suite.
 *
 * @param makePlace makes a place with nothing in it.
 */
export function describeFileStore(name: string, makePlace: () => Promise<FilePlace>): void {
  describe(`${name} as a FileStore`, () => {
    let place: FilePlace;
    let store: FileStore;
    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });
    afterEach(() => place.remove());

    const contentOf = async (file: string, range?: { start: number; end: number }) => {
      const stream = await store.read(file, range);
      return stream && (await buffer(stream));
    };
    const local = async (content: string | Uint8Array) => {
      const path = join(place.folder, randomBytes(8).toString("hex"));
      await writeFile(path, content);
      return path;
    };
    const namesOf = async (from: FileStore) => (await Array.fromAsync(from.names())).toSorted();
    const isThere = (path: string) =>
      access(path).then(
        () => true,
        () => false,
      );

    it("keeps what is written, in parts or in one, also for the next who opens it", async () => {
      const bytes = randomBytes(300_000);
      await store.write("task_1.wav", [bytes.subarray(0, 44), bytes.subarray(44)]);
      await store.write("empty.pcm", []);
      for (const one of [store, await place.open()]) {
        store = one;
        expect(await contentOf("task_1.wav")).toEqual(bytes);
        expect(await contentOf("empty.pcm")).toEqual(Buffer.alloc(0));
        expect(await store.stat("task_1.wav")).toMatchObject({ sizeBytes: 300_000 });
        expect(await namesOf(store)).toEqual(["empty.pcm", "task_1.wav"]);
        expect(await store.usedBytes()).toBe(300_000);
      }
    });

    it("takes a file from the disk, which then is no longer there", async () => {
      const path = await local("content");
      await store.put("task_1_video.mp4", path);
      expect(String(await contentOf("task_1_video.mp4"))).toBe("content");
      expect(await isThere(path)).toBe(false);
      const { path: here, release } = await store.local("task_1_video.mp4");
      expect(await isThere(here)).toBe(true);
      await release();
    });

    it("says when a file came into the store, however long it was in the making", async () => {
      const path = await local("content");
      await utimes(path, 1, 1);
      const before = Date.now();
      await store.put("old.wav", path);
      const { storedAtMs } = (await store.stat("old.wav")) ?? { storedAtMs: 0 };
      expect(storedAtMs).toBeGreaterThanOrEqual(before - 10);
      expect(storedAtMs).toBeLessThanOrEqual(Date.now() + 10);
    });

    it("knows nothing of what is not there", async () => {
      expect(await store.stat("none.wav")).toBeUndefined();
      expect(await store.read("none.wav")).toBeUndefined();
      await store.remove("none.wav");
      await expect(store.local("none.wav")).rejects.toMatchObject({ code: "not_found" });
      await expect(store.put("none.wav", join(place.folder, "nothing"))).rejects.toMatchObject({
        code: "not_found",
      });
      expect(await namesOf(store)).toEqual([]);
    });

    it("refuses what is no name of the server's: it finds nothing, makes nothing, removes nothing", async () => {
      await store.write("task_1.wav", [Buffer.from("x")]);
      for (const bad of badNames) {
        const said = JSON.stringify(bad);
        expect(await store.stat(bad), said).toBeUndefined();
        expect(await store.read(bad), said).toBeUndefined();
        await expect(store.local(bad), said).rejects.toMatchObject({ code: "not_found" });
        await store.remove(bad);
        const path = await local("y");
        await expect(store.put(bad, path), said).rejects.toMatchObject({ code: "internal" });
        expect(await isThere(path), said).toBe(false);
        const writing = store.write(bad, [Buffer.from("y")]);
        await expect(writing, said).rejects.toMatchObject({ code: "internal" });
      }
      expect(await namesOf(store)).toEqual(["task_1.wav"]);
      expect(await store.usedBytes()).toBe(1);
    });

    it("replaces a file as a whole: whoever reads gets the one or the other", async () => {
      const versions = Array.from({ length: 20 }, (_, at) => Buffer.alloc(50_000 + at, at));
      await store.write("a.wav", [versions[0] as Buffer]);
      const reads: Promise<Buffer | undefined>[] = [];
      for (const [at, version] of versions.entries()) {
        const change =
          at % 2 ? store.put("a.wav", await local(version)) : store.write("a.wav", [version]);
        reads.push(contentOf("a.wav"));
        await turn();
        reads.push(contentOf("a.wav"));
        await change;
      }
      for (const read of await Promise.all(reads)) {
        expect(versions.some((version) => read?.equals(version))).toBe(true);
      }
      expect(await store.usedBytes()).toBe(50_019);
      expect(await contentOf("a.wav")).toEqual(versions.at(-1));
    });

    it("gives the range that is asked for, both ends included", async () => {
      const bytes = randomBytes(1000);
      await store.write("a.wav", [bytes]);
      for (const [start, end] of [
        [0, 0],
        [0, 999],
        [10, 19],
        [999, 999],
        [990, 5000],
        [1, 998],
      ] as const) {
        expect(await contentOf("a.wav", { start, end })).toEqual(bytes.subarray(start, end + 1));
      }
      expect(await contentOf("a.wav", { start: 2000, end: 3000 })).toEqual(Buffer.alloc(0));
    });

    it("lets a file be read to its end that is removed or replaced meanwhile", async () => {
      const bytes = randomBytes(2_000_000);
      for (const change of [
        () => store.remove("a.wav"),
        () => store.write("a.wav", [Buffer.from("new")]),
      ]) {
        await store.write("a.wav", [bytes]);
        const stream = await store.read("a.wav");
        await change();
        expect(stream && (await buffer(stream))).toEqual(bytes);
      }
    });

    it("keeps the old file when the new one cannot be had", async () => {
      await store.write("a.wav", [Buffer.from("old")]);
      await expect(store.put("a.wav", join(place.folder, "nothing"))).rejects.toMatchObject({
        code: "not_found",
      });
      expect(String(await contentOf("a.wav"))).toBe("old");
      expect(await store.usedBytes()).toBe(3);
    });

    it("knows how many bytes it keeps, whatever happens at the same time", async () => {
      const names = ["a.wav", "b.mp3", "c.part"];
      const step = fc.record({
        does: fc.constantFrom("write", "put", "remove", "fail"),
        name: fc.constantFrom(...names),
        size: fc.integer({ min: 0, max: 5000 }),
        /** Waits for everything before it. */
        isLast: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          let running: Promise<unknown>[] = [];
          const expected = new Map<string, number>();
          for (const file of names) await store.remove(file);
          for (const { does, name: file, size, isLast } of steps) {
            const content = Buffer.alloc(size, 1);
            if (does === "write") running.push(store.write(file, [content]));
            else if (does === "put") running.push(store.put(file, await local(content)));
            else if (does === "remove") running.push(store.remove(file));
            else running.push(store.put(file, join(place.folder, "nothing")).catch(() => {}));
            if (does === "remove") expected.delete(file);
            else if (does !== "fail") expected.set(file, size);
            if (!isLast) continue;
            await Promise.all(running);
            running = [];
            const sum = [...expected.values()].reduce((total, one) => total + one, 0);
            expect(await store.usedBytes()).toBe(sum);
          }
          await Promise.all(running);
          expect(await namesOf(store)).toEqual([...expected.keys()].toSorted());
          for (const [file, size] of expected) {
            expect(await store.stat(file)).toMatchObject({ sizeBytes: size });
          }
          expect(await store.usedBytes()).toBe(await (await place.open()).usedBytes());
        }),
        { numRuns: 40 },
      );
    });

    it("says how much more it can take", async () => {
      expect(await store.freeBytes()).toBeGreaterThan(1000);
    });
  });
}
