import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashBytes } from "../core/hash.ts";
import type { ModelEntry, ModelStore } from "./contract.ts";
import {
  findInstalled,
  findModel,
  listModels,
  modelsDirectory,
  removeModel,
  verifyModel,
} from "./store.ts";
import { makeOnnx } from "./testing/onnx.ts";

const model = makeOnnx({ weightBytes: 1000 });
const tokens = Buffer.from("a 1\nb 2\n");

let store: ModelStore;
beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), "dubber-models-"));
  store = { directory, entries: [entry("first"), entry("second")] };
});
afterEach(async () => {
  await rm(store.directory, { recursive: true });
});

function entry(name: string, change: Partial<ModelEntry> = {}): ModelEntry {
  const url = "https://example.org/x";
  return {
    ...{
      name,
      kind: "recognizer",
      family: "moonshine",
      licence: "MIT",
      languages: ["en"],
      about: "",
    },
    files: [
      { role: "model", path: "model.onnx", url, sha256: hashBytes(model), sizeBytes: model.length },
      { role: "tokens", path: "tokens.txt", url },
    ],
    ...change,
  };
}

const at = (...names: string[]) => join(store.directory, ...names);
async function put(name: string, content = model): Promise<void> {
  await mkdir(at(name), { recursive: true });
  await writeFile(at(name, "model.onnx"), content);
  await writeFile(at(name, "tokens.txt"), tokens);
}
const stateOf = async (name: string) =>
  (await listModels(store)).find((one) => one.entry.name === name)?.state;

it("lies where the environment says", () => {
  expect(modelsDirectory({ DUBBER_MODELS: "/m", XDG_CACHE_HOME: "/c", HOME: "/h" })).toBe("/m");
  expect(modelsDirectory({ DUBBER_MODELS: " ", XDG_CACHE_HOME: "/c", HOME: "/h" })).toBe(
    "/c/dubber/models",
  );
  expect(modelsDirectory({ HOME: "/h" })).toBe("/h/.cache/dubber/models");
});

describe("files put there by hand", () => {
  it("count at once where their sum is known, and after a check where it is not", async () => {
    await put("first");
    expect(await stateOf("first")).toBe("partial");
    await expect(findModel(store, "first")).rejects.toMatchObject({
      ...{ code: "model_missing", message: expect.stringContaining("not checked yet: tokens.txt") },
      hint: "Run `dubber models verify first`.",
    });
    expect((await verifyModel(store, "first")).state).toBe("installed");
    const { paths, directory } = await findModel(store, "first");
    expect(directory).toBe(at("first"));
    expect(paths).toEqual({ model: at("first/model.onnx"), tokens: at("first/tokens.txt") });

    store = { ...store, entries: [entry("first", { files: entry("first").files.slice(0, 1) })] };
    await rm(at("first", "model.json"));
    expect((await findModel(store, "first")).paths).toEqual({ model: at("first/model.onnx") });
  });

  it("of which no sum was known are compared with what they were from then on", async () => {
    await put("first");
    await verifyModel(store, "first");
    await writeFile(at("first/tokens.txt"), "a 1\nb 3\n");
    await expect(findModel(store, "first")).rejects.toMatchObject({
      ...{ code: "model_corrupt", message: expect.stringContaining("tokens.txt does not have") },
    });
    expect((await verifyModel(store, "first")).state).toBe("damaged");
    // Neither a check in which another file is new, nor a while without the file, makes it forget.
    await writeFile(at("first/model.onnx"), model);
    expect((await verifyModel(store, "first")).state).toBe("damaged");
    await rm(at("first/tokens.txt"));
    expect((await verifyModel(store, "first")).state).toBe("partial");
    await writeFile(at("first/tokens.txt"), "b 1\nb 2\n");
    expect((await verifyModel(store, "first")).state).toBe("damaged");
  });
});

describe("a model that is there", () => {
  beforeEach(async () => {
    await put("first");
    await verifyModel(store, "first");
  });

  it("is not hashed again while its files do not change", async () => {
    const path = at("first/model.json");
    const record = JSON.parse(await readFile(path, "utf8"));
    const later = new Date(Date.now() + 60_000);
    // The content is another one, but size and time are as they were: nobody looks, until somebody asks for it.
    const changed = Buffer.from(model);
    changed[model.length - 200] = 0;
    await writeFile(at("first/model.onnx"), changed);
    await utimes(at("first/model.onnx"), later, record.files[0].mtimeMs / 1000);
    record.files[0].mtimeMs = (await stat(at("first/model.onnx"))).mtimeMs;
    await writeFile(path, JSON.stringify(record));
    await expect(findModel(store, "first")).resolves.toBeDefined();
    expect((await verifyModel(store, "first")).files[0]).toMatchObject({ state: "damaged" });
    // A file that was touched is looked at again.
    await utimes(at("first/model.onnx"), later, later);
    await expect(findModel(store, "first")).rejects.toMatchObject({ code: "model_corrupt" });
  });

  it("is still there when its record is lost, damaged or may not be written", async () => {
    store = { ...store, entries: [entry("first", { files: entry("first").files.slice(0, 1) })] };
    for (const content of ["", "{", '{"schema":9}', '{"schema":1,"files":[]}']) {
      await writeFile(at("first/model.json"), content);
      await expect(findModel(store, "first")).resolves.toBeDefined();
    }
    await rm(at("first/model.json"));
    await mkdir(at("first/model.json"));
    await chmod(at("first"), 0o555);
    await expect(findModel(store, "first")).resolves.toBeDefined();
    await chmod(at("first"), 0o755);
  });

  it("is damaged when a file is cut, missing, a folder or no model", async () => {
    await writeFile(at("first/model.onnx"), model.subarray(0, 500));
    await expect(findModel(store, "first")).rejects.toMatchObject({
      ...{ code: "model_corrupt", hint: "Get it again: `dubber models pull first`." },
      message: `The model first is damaged: model.onnx has 500 bytes instead of ${model.length}.`,
    });
    await rm(at("first/model.onnx"));
    await expect(findModel(store, "first")).rejects.toMatchObject({ code: "model_missing" });
    expect(await stateOf("first")).toBe("partial");
    await mkdir(at("first/model.onnx"));
    await expect(findModel(store, "first")).rejects.toThrow(/is not a file/);
  });

  it("has to be one its engine can read, whatever an entry says of its sum", async () => {
    const wrong = Buffer.from("no model");
    const [first] = entry("odd").files;
    const files = [
      {
        ...first,
        path: "model.onnx",
        url: "",
        role: "model" as const,
        sha256: hashBytes(wrong),
        sizeBytes: wrong.length,
      },
    ];
    store = { ...store, entries: [entry("odd", { files })] };
    await put("odd", wrong);
    await expect(findModel(store, "odd")).rejects.toThrow(/no ONNX model/);
    // The right kind of file, but of another family.
    const gtcrn = [
      {
        ...files[0],
        path: "model.onnx",
        url: "",
        role: "model" as const,
        sha256: hashBytes(model),
        sizeBytes: model.length,
      },
    ];
    store = { ...store, entries: [entry("odd", { family: "gtcrn", files: gtcrn })] };
    await put("odd");
    await expect(findModel(store, "odd")).rejects.toThrow(/lacks what the engine needs.*n_fft/);
  });

  it("goes with everything in its folder; a link goes without what it leads to", async () => {
    await writeFile(at("first/model.onnx.part"), "half");
    expect(await removeModel(store, "first")).toBe(true);
    expect(await removeModel(store, "first")).toBe(false);
    expect(await stateOf("first")).toBe("missing");
    await put("elsewhere");
    await symlink(at("elsewhere"), at("second"));
    expect(await removeModel(store, "second")).toBe(true);
    expect(await readFile(at("elsewhere/tokens.txt"))).toEqual(tokens);
  });
});

it("a name nobody knows is refused everywhere", async () => {
  const unknown = { code: "unknown_model" };
  await expect(findModel(store, "../first")).rejects.toMatchObject(unknown);
  await expect(verifyModel(store, "x")).rejects.toMatchObject(unknown);
  await expect(removeModel(store, "..")).rejects.toMatchObject(unknown);
});

describe("for a purpose", () => {
  const files = entry("any").files.slice(0, 1);
  const entries = [
    entry("english", { files }),
    entry("many", { files, languages: ["en", "es", "pt-BR"] }),
    entry("more", { files, languages: ["en", "es", "de", "zh"] }),
    entry("ears", { files, kind: "vad", languages: [] }),
  ];
  const nameOf = async (wish: Parameters<typeof findInstalled>[1]) =>
    (await findInstalled(store, wish))?.entry.name;

  it("the first that is installed and speaks the language is taken", async () => {
    store = { ...store, entries };
    expect(await nameOf({ kind: "recognizer", language: "en" })).toBeUndefined();
    for (const { name } of entries.slice(1)) await put(name);
    expect(await nameOf({ kind: "recognizer", language: "en-GB" })).toBe("many");
    expect(await nameOf({ kind: "recognizer", language: "cmn" })).toBe("more");
    expect(await nameOf({ kind: "recognizer", language: "ru" })).toBeUndefined();
    expect(await nameOf({ kind: "vad", language: "ru" })).toBe("ears");
    expect(await nameOf({ kind: "denoiser" })).toBeUndefined();
    await put("english");
    expect(await nameOf({ kind: "recognizer", language: "en" })).toBe("english");
  });

  it("without a language, one that hears which it is: the one with the most", async () => {
    store = { ...store, entries };
    await put("english");
    expect(await nameOf({ kind: "recognizer" })).toBeUndefined();
    await put("many");
    await put("more");
    expect(await nameOf({ kind: "recognizer" })).toBe("more");
  });

  it("a damaged one is passed over", async () => {
    store = { ...store, entries };
    await put("english", model.subarray(0, 100));
    await put("many");
    expect(await nameOf({ kind: "recognizer", language: "en" })).toBe("many");
  });
});
