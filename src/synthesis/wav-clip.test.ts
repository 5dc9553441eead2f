import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeWavClip, isWholeWavClip } from "./wav-clip.ts";

let directory: string;
let path: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
  path = join(directory, "clip.wav");
});
afterAll(() => rm(directory, { recursive: true }));
const clip = () => encodeWavClip(Int16Array.from([1, -2, 32767, -32768]), 22_050);

describe("encodeWavClip", () => {
  it("writes the plain 44-byte header and little-endian samples", () => {
    const expected =
      "524946462c00000057415645666d742010000000010001002256000044ac0000020010006461746108000000" +
      "0100feffff7f0080";
    expect(Buffer.from(clip()).toString("hex")).toBe(expected);
  });

  it("takes a view of a larger buffer as it is", () => {
    const view = new Int16Array([9, 1, 2, 9]).subarray(1, 3);
    expect(Buffer.from(encodeWavClip(view, 8000)).subarray(44).toString("hex")).toBe("01000200");
  });
});

describe("isWholeWavClip", () => {
  it("is true for what was written, and false for nothing, a folder, or a clip without sound", async () => {
    await writeFile(path, clip());
    expect(await isWholeWavClip(path)).toBe(true);
    expect(await isWholeWavClip(join(directory, "none.wav"))).toBe(false);
    expect(await isWholeWavClip(directory)).toBe(false);
    await writeFile(path, encodeWavClip(new Int16Array(0), 8000));
    expect(await isWholeWavClip(path)).toBe(false);
  });

  it("is false wherever the file is cut, and when it is all zeros or too long", async () => {
    const bytes = clip();
    for (let size = 0; size < bytes.length; size++) {
      await writeFile(path, bytes);
      await truncate(path, size);
      expect(await isWholeWavClip(path), `${size} bytes`).toBe(false);
    }
    await writeFile(path, new Uint8Array(bytes.length));
    expect(await isWholeWavClip(path)).toBe(false);
    await writeFile(path, Buffer.concat([bytes, bytes]));
    expect(await isWholeWavClip(path)).toBe(false);
  });
});
