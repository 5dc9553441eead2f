import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { familyFacts, findFiles, recognizerConfig } from "./sherpa-family.ts";
import { type RecognizerFamily, recognizerFamilies } from "./sherpa-settings.ts";

const addon = findAddon();
/** The names in which upstream publishes each family. */
const published: readonly (readonly [RecognizerFamily, string, readonly string[]])[] = [
  ["whisper", "plain", ["encoder.int8.onnx", "decoder.int8.onnx", "tokens.txt"]],
  [
    "whisper",
    "with the model's name",
    ["tiny.en-encoder.onnx", "tiny.en-decoder.onnx", "tiny.en-tokens.txt"],
  ],
  [
    "moonshine",
    "version 1",
    [
      ...["preprocess.onnx", "encode.int8.onnx"],
      ...["uncached_decode.int8.onnx", "cached_decode.int8.onnx", "tokens.txt"],
    ],
  ],
  ["moonshine", "version 2", ["encoder_model.ort", "decoder_model_merged.ort", "tokens.txt"]],
  ["sense-voice", "plain", ["model.int8.onnx", "tokens.txt", "LICENSE"]],
  [
    "parakeet",
    "plain",
    ["encoder.int8.onnx", "decoder.int8.onnx", "joiner.int8.onnx", "tokens.txt"],
  ],
];

describe("findFiles", () => {
  it.each(published)("finds the files of %s, %s", (family, _, names) => {
    const paths = names.map((name) => `/models/a-decoder-encoder-model/${name}`);
    const files = Object.values(findFiles(family, paths, "m"));
    expect(new Set(files).size).toBe(files.length);
    expect(files.toSorted()).toEqual(paths.filter((path) => !path.endsWith("LICENSE")).toSorted());
  });

  it("prefers the quantised one of two", () => {
    const paths = ["encoder.onnx", "decoder.onnx", "encoder.int8.onnx", "decoder.int8.onnx"];
    const found = findFiles("whisper", [...paths, "tokens.txt"], "m");
    expect(found).toEqual({
      encoder: "encoder.int8.onnx",
      decoder: "decoder.int8.onnx",
      tokens: "tokens.txt",
    });
  });

  it("says what a model lacks, for the layout it is nearest to", () => {
    const paths = ["encoder_model.ort", "tokens.txt"];
    expect(() => findFiles("moonshine", paths, "moonshine-tiny")).toThrow(
      /moonshine-tiny has no file for: mergedDecoder/,
    );
  });
});

describe("recognizerConfig", () => {
  it.each(published)("names only what the addon reads: %s, %s", (family, _, names) => {
    if (addon === undefined) return;
    const config = recognizerConfig(family, findFiles(family, names, "m"), { threads: 2 });
    for (const key of keysOf(config)) expect(addon, key).toContain(`${key}\0`);
  });

  it.each(published)("gives every file a place: %s, %s", (family, _, names) => {
    const files = findFiles(family, names, "m");
    const given = JSON.stringify(recognizerConfig(family, files, { threads: 2 }));
    for (const path of Object.values(files)) expect(given).toContain(`"${path}"`);
  });

  it("asks for a language only where the model knows it", () => {
    const files = { encoder: "e", decoder: "d", model: "m", tokens: "t" };
    const languageOf = (family: RecognizerFamily, language?: string) => {
      const options = { threads: 1, ...(language !== undefined && { language }) };
      const { whisper, senseVoice } = recognizerConfig(family, files, options).modelConfig;
      return whisper?.language ?? senseVoice?.language;
    };
    const languages = [undefined, "pt-BR", "yue", "nb", "xx", "zh-Hant"];
    expect(languages.map((one) => languageOf("whisper", one))).toEqual([
      "",
      "pt",
      "zh",
      "no",
      "",
      "zh",
    ]);
    expect(languages.map((one) => languageOf("sense-voice", one))).toEqual([
      "auto",
      "auto",
      "yue",
      "auto",
      "auto",
      "zh",
    ]);
  });

  it("never lets Whisper hear more than its 30 s", () => {
    expect(familyFacts.whisper.window).toBeLessThan(29.5);
    expect(Object.keys(familyFacts)).toEqual(recognizerFamilies);
  });
});

function keysOf(value: object): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "object" && inner !== null ? [key, ...keysOf(inner)] : [key],
  );
}

/** The native code of this platform's package, as text; undefined where it is not installed. */
function findAddon(): string | undefined {
  const platform = process.platform === "win32" ? "win" : process.platform;
  try {
    const require = createRequire(import.meta.resolve("sherpa-onnx-node/package.json"));
    const found = require.resolve(`sherpa-onnx-${platform}-${process.arch}/package.json`);
    return readFileSync(join(dirname(found), "sherpa-onnx.node"), "latin1");
  } catch {
    return undefined;
  }
}
