import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingFile, needs, sharedMedia } from "../../test/support/needs.ts";
import { checkOnnx } from "./onnx-check.ts";
import { BrokenOnnx, type ByteSource, readOnnx } from "./onnx-structure.ts";
import { requiredMetadata } from "./required-metadata.ts";
import { block, makeOnnx, number } from "./testing/onnx.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-onnx-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function save(content: Buffer): Promise<string> {
  const path = join(folder, `${Math.random()}.onnx`);
  await writeFile(path, content);
  return path;
}

/** Refuses to be read beyond its ends. */
function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(position, length) {
      if (position < 0 || length < 0 || position + length > bytes.length) {
        throw new Error(`Read ${length} bytes at ${position} of ${bytes.length}.`);
      }
      return bytes.subarray(position, position + length);
    },
  };
}

/** Whether the bytes pass; anything thrown but a verdict fails the test. */
function passes(bytes: Uint8Array): boolean {
  try {
    readOnnx(sourceOf(bytes));
    return true;
  } catch (error) {
    if (error instanceof BrokenOnnx) return false;
    throw error;
  }
}

describe("a whole model", () => {
  it("gives its metadata, wherever in the file they stand", async () => {
    const model = makeOnnx({
      metadata: { model_type: "gtcrn", größe: "16 000" },
      weightBytes: 200_000,
    });
    const first = Buffer.concat([block(14, Buffer.concat([block(1, "a"), block(2, "b")])), model]);
    const { metadata } = await checkOnnx(await save(first), { requiredMetadata: ["model_type"] });
    expect(metadata).toEqual({ a: "b", model_type: "gtcrn", größe: "16 000" });
  });

  it("passes with fields that newer versions may bring", () => {
    const newer = Buffer.concat([makeOnnx(), number(900, 1), block(901, "?")]);
    expect(passes(newer)).toBe(true);
  });
});

describe("what cannot be used is named", () => {
  it.each<[string, Buffer, RegExp]>([
    ["nothing", Buffer.alloc(0), /is empty/],
    [
      "a text",
      Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
      /no ONNX model/,
    ],
    [
      "a web page",
      Buffer.from("<!doctype html><html><body>Log in</body></html>"),
      /ONNX model|ends/,
    ],
    [
      "a wav",
      Buffer.from("RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00"),
      /ONNX model|ends/,
    ],
    ["zeros", Buffer.alloc(5000), /no ONNX model/],
    ["a model without a network", Buffer.concat([number(1, 8), block(2, "x")]), /holds no network/],
    [
      "a network without operations",
      Buffer.concat([number(1, 8), block(7, block(2, "x"))]),
      /without a single operation/,
    ],
    ["a model of no version", makeOnnx().subarray(2), /which version/],
    [
      "a remark of 2 MB",
      Buffer.concat([makeOnnx(), block(14, block(2, Buffer.alloc(2e6)))]),
      /too long/,
    ],
  ])("%s", async (_name, content, message) => {
    await expect(checkOnnx(await save(content))).rejects.toMatchObject({
      ...{ code: "model_corrupt", message: expect.stringMatching(message) },
      hint: expect.stringContaining("dubber models pull"),
    });
  });

  it("a file that was cut says how many bytes are there, wherever it was cut inside a part", async () => {
    const model = makeOnnx({ weightBytes: 100_000 });
    for (const share of [0.01, 0.3, 0.6, 0.99]) {
      const path = await save(model.subarray(0, Math.floor(model.length * share)));
      await expect(checkOnnx(path)).rejects.toMatchObject({ code: "model_corrupt" });
    }
    await expect(checkOnnx(await save(model.subarray(0, 50_000)))).rejects.toThrow(
      /ends after 50000 bytes, where at least \d+ were announced/,
    );
  });

  it("missing metadata, by their keys", async () => {
    const path = await save(makeOnnx({ metadata: { sample_rate: "16000" } }));
    await expect(
      checkOnnx(path, { requiredMetadata: requiredMetadata("pyannote", "model") }),
    ).rejects.toThrow(/window_size, receptive_field_size/);
    await expect(checkOnnx(path, { requiredMetadata: ["sample_rate"] })).resolves.toBeDefined();
  });

  it("a folder, and a file that is not there", async () => {
    await mkdir(join(folder, "a.onnx"));
    await expect(checkOnnx(join(folder, "a.onnx"))).rejects.toMatchObject({ code: "unreadable" });
    await expect(checkOnnx(join(folder, "b.onnx"))).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("whatever the bytes are, there is a verdict and nothing is read beyond the end", () => {
  it("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void passes(bytes)),
      { numRuns: 2000 },
    );
  });

  it("a model with bytes changed, taken out and put in", () => {
    const model = makeOnnx({ metadata: { a: "b" } });
    const change = fc.record({
      at: fc.nat(model.length - 1),
      remove: fc.nat(4),
      insert: fc.uint8Array({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let bytes = Buffer.from(model);
        for (const { at, remove, insert } of changes) {
          const place = Math.min(at, bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
        }
        passes(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it("a model cut anywhere is refused, unless a whole model stands before the cut", () => {
    const bare = makeOnnx();
    const whole = makeOnnx({ metadata: { a: "b" } });
    for (let length = 0; length < bare.length - 7; length++) {
      expect({ length, passes: passes(whole.subarray(0, length)) }).toEqual({
        length,
        passes: false,
      });
    }
  });
});

const real = await Promise.all(
  (["silero_vad.onnx", "gtcrn.onnx"] as const).map(async (name) => {
    return [name, await readFile(sharedMedia("models", name)).catch(() => undefined)] as const;
  }),
);

// The real files are not in the repository.
describe.each(real)("%s", (name, content) => {
  const missing = needs(missingFile(sharedMedia("models", name)));
  it("passes as it is, with the metadata its engine needs", missing, async () => {
    const family = name === "gtcrn.onnx" ? "gtcrn" : "silero";
    const needed = requiredMetadata(family, "model");
    const { metadata } = await checkOnnx(sharedMedia("models", name), { requiredMetadata: needed });
    for (const key of needed) expect(metadata[key]).toMatch(/./);
  });

  it("is refused cut, or with its beginning changed", missing, () => {
    const bytes = content as Buffer;
    for (const share of [0, 0.001, 0.1, 0.5, 0.9, 0.9999]) {
      expect(passes(bytes.subarray(0, Math.floor(bytes.length * share)))).toBe(false);
    }
    let refused = 0;
    for (let bit = 0; bit < 64 * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      if (!passes(changed)) refused += 1;
    }
    // Many of these bits belong to names, which may be anything: the sum finds those.
    expect(refused).toBeGreaterThan(100);
  });
});
