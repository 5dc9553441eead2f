import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { saveLocalFile } from "./local-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-local-file-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("saveLocalFile", () => {
  it("leaves nothing of what breaks off at once, not even a moment later", async () => {
    const reason = new Error("broken off");
    async function* broken(pieces: number): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < pieces; count++) yield new Uint8Array(10);
      throw reason;
    }
    const saves = Array.from({ length: 60 }, (_, index) =>
      saveLocalFile(join(folder, `${index}.wav`), broken(index % 3), () => {}),
    );
    const ends = await Promise.allSettled(saves);
    expect(new Set(ends.map((end) => end.status === "rejected" && end.reason))).toEqual(
      new Set([reason]),
    );
    await sleep(50);
    expect(await readdir(folder)).toEqual([]);
  });

  it("writes every piece and tells the size", async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 100; index++) yield new Uint8Array(1000).fill(index);
    }
    let size = 0;
    const path = join(folder, "whole.wav");
    await saveLocalFile(path, pieces(), (_sha256, sizeBytes) => (size = sizeBytes));
    const bytes = await readFile(path);
    expect([size, bytes.length, bytes[99_999]]).toEqual([100_000, 100_000, 99]);
  });
});
