import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { needs } from "../../test/support/needs.ts";
import { openLocalRecognizer } from "./local.ts";
import type { RecognizerFamily } from "./sherpa-settings.ts";
import { sherpaVersion } from "./sherpa-version.ts";
import { mediaMissing, sileroPath } from "./testing/real-media.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const layouts: readonly (readonly [RecognizerFamily, readonly string[]])[] = [
  ["whisper", ["tiny-encoder.int8.onnx", "tiny-decoder.int8.onnx", "tiny-tokens.txt"]],
  [
    "moonshine",
    ["preprocess.onnx", "encode.onnx", "uncached_decode.onnx", "cached_decode.onnx", "tokens.txt"],
  ],
  ["moonshine", ["encoder_model.onnx", "decoder_model_merged.onnx", "tokens.txt"]],
  ["sense-voice", ["model.int8.onnx", "tokens.txt"]],
  ["parakeet", ["encoder.onnx", "decoder.onnx", "joiner.onnx", "tokens.txt"]],
];
const model = (family: string, names: readonly string[]) => ({
  entry: { name: `a-${family}`, family, files: names.map((path) => ({ path })) },
  directory,
});
const request = { samples: new Int16Array(16_000).fill(5000) };

describe("the local recogniser", () => {
  it("says what its answers depend on, and whether they have times", async () => {
    const open = (family: RecognizerFamily) => {
      const names = layouts.find(([one]) => one === family)?.[1] ?? [];
      return openLocalRecognizer({ model: model(family, names), lanes: 2 });
    };
    await using whisper = await open("whisper");
    expect(whisper).toMatchObject({ name: "local", place: "local", lanes: 2 });
    expect(whisper.version).toMatch(/^a-whisper sherpa-onnx-node \d/);
    expect(whisper.features).toEqual({ maxSeconds: 75, times: true });
    await using moonshine = await open("moonshine");
    expect(moonshine.features.times).toBe(false);
  });

  it("refuses a model that is no recogniser, and one with a file too few", async () => {
    await expect(
      openLocalRecognizer({ model: model("silero", ["model.onnx"]) }),
    ).rejects.toMatchObject({ code: "unknown_model", message: expect.stringContaining("silero") });
    await expect(
      openLocalRecognizer({ model: model("whisper", ["encoder.onnx", "tokens.txt"]) }),
    ).rejects.toMatchObject({
      code: "model_corrupt",
      message: expect.stringContaining("decoder"),
      hint: expect.stringContaining("dubber models verify"),
    });
  });

  it("says which file is missing or empty, before native code sees it", async () => {
    const [family, names] = layouts[0] as (typeof layouts)[number];
    await using recognizer = await openLocalRecognizer({ model: model(family, names) });
    await expect(recognizer.check?.()).rejects.toMatchObject({ code: "model_missing" });
    for (const name of names) await writeFile(join(directory, name), "");
    await expect(recognizer.recognize(request)).rejects.toMatchObject({
      code: "model_corrupt",
      message: expect.stringContaining("is empty"),
    });
  });

  describe("given networks of another kind", needs(mediaMissing), () => {
    async function recognize([family, names]: (typeof layouts)[number]) {
      for (const name of names) {
        if (name.endsWith(".txt")) await writeFile(join(directory, name), "a 0\nb 1\n");
        else await copyFile(sileroPath, join(directory, name));
      }
      await using recognizer = await openLocalRecognizer({ model: model(family, names) });
      return await recognizer.recognize(request);
    }
    // The first version of Moonshine is not asked what it is when it is loaded.
    const asked = layouts.filter(([family, names]) => family !== "moonshine" || names.length === 3);
    it.each(asked)("loses its child, lives on, and says so: %s %j", async (...layout) => {
      await expect(recognize(layout)).rejects.toMatchObject({
        name: "DubberError",
        code: "engine_unavailable",
        message: expect.stringContaining(`The recogniser a-${layout[0]} does not start`),
        hint: expect.stringContaining("dubber models verify"),
      });
    });

    it("warns where the library only gives an empty result: moonshine", async () => {
      const [moonshine] = layouts.filter(([family]) => family === "moonshine");
      expect(await recognize(moonshine as (typeof layouts)[number])).toEqual({
        phrases: [],
        hasTimes: true,
        warnings: [expect.stringContaining("dubber models verify")],
      });
    });
  });
});

describe("sherpaVersion", () => {
  it("says how to get the library where it is not installed", async () => {
    const find = () => {
      throw new Error("Cannot find package");
    };
    await expect(sherpaVersion(find)).rejects.toMatchObject({
      code: "engine_unavailable",
      hint: expect.stringContaining("npm install sherpa-onnx-node"),
    });
  });
});
