import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { catalogue } from "./catalogue.ts";
import { ownModelsPath, readOwnModels } from "./own-models.ts";
import { entryOf, openModelStore } from "./store.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-own-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const file = {
  ...{ role: "model", path: "model.onnx", url: "https://example.org/model.onnx" },
  ...{ sha256: "a".repeat(64), sizeBytes: 10 },
};
const entry = {
  ...{ name: "mine", kind: "recognizer", family: "whisper", licence: "MIT", about: "Mine." },
  ...{ languages: ["pt_BR"], files: [file] },
};

async function write(value: unknown): Promise<void> {
  await writeFile(ownModelsPath(folder), typeof value === "string" ? value : JSON.stringify(value));
}

it("no file means no models of one's own", async () => {
  expect(await readOwnModels(join(folder, "nowhere"))).toEqual([]);
});

it("the catalogue itself could stand in the file: names, paths and addresses keep its rules", async () => {
  await write(catalogue);
  expect(await readOwnModels(folder)).toEqual(catalogue);
});

it("every file of the catalogue has an https address, a size and a sum", () => {
  const files = catalogue.flatMap((one) => one.files);
  const incomplete = files.filter(
    ({ url, sha256, sizeBytes }) => !url.startsWith("https://") || !sha256 || !sizeBytes,
  );
  expect(incomplete).toEqual([]);
  // Branches move: an address has to name a commit, a version or a release.
  expect(files.filter(({ url }) => /\/(main|master)\//.test(url))).toEqual([]);
});

it("an own entry stands before the others, in the place of one with its name", async () => {
  const size = catalogue.length;
  await write([{ ...entry, name: "whisper-tiny" }, entry]);
  const store = await openModelStore({ DUBBER_MODELS: folder });
  expect(store.entries.map(({ name }) => name).slice(0, 2)).toEqual(["whisper-tiny", "mine"]);
  expect(store.entries).toHaveLength(size + 1);
  expect(entryOf(store, "whisper-tiny").about).toBe("Mine.");
  expect(entryOf(store, "mine").languages).toEqual(["pt-BR"]);
});

it("size and sum may be left out", async () => {
  const { sha256: _sum, sizeBytes: _size, ...bare } = file;
  await write([{ ...entry, files: [bare] }]);
  expect((await readOwnModels(folder))[0]?.files).toEqual([bare]);
});

const withFile = (change: object) => [{ ...entry, files: [{ ...file, ...change }] }];
it.each<[string, unknown, RegExp]>([
  ["no JSON", "[{", /no JSON/],
  ["no list", entry, /as a whole/],
  ["an unknown key", [{ ...entry, license: "MIT" }], /license/],
  ["a name that is a path", [{ ...entry, name: "../x" }], /0\.name/],
  ["a name of a hidden folder", [{ ...entry, name: ".x" }], /0\.name/],
  ["a name that would be a file", [{ ...entry, name: "models.json" }], /0\.name/],
  ["a path upwards", withFile({ path: "../../.bashrc" }), /files\.0\.path/],
  ["a path upwards inside", withFile({ path: "a/../../b" }), /files\.0\.path/],
  ["an absolute path", withFile({ path: "/etc/passwd" }), /files\.0\.path/],
  ["a path with a drive", withFile({ path: "C:\\x" }), /files\.0\.path/],
  ["Dubber's own file", withFile({ path: "model.json" }), /files\.0\.path/],
  ["an address of a file", withFile({ url: "file:///etc/passwd" }), /files\.0\.url/],
  ["an address with a password", withFile({ url: "https://a:b@example.org/x" }), /user's name/],
  ["http without a sum", withFile({ url: "http://example.org/x", sha256: undefined }), /http:/],
  ["half a sum", withFile({ sha256: "abc" }), /sha256/],
  ["a language that is none", [{ ...entry, languages: ["English!"] }], /languages\.0/],
  ["two of a name", [entry, entry], /one name/],
  ["two files of a role", [{ ...entry, files: [file, { ...file, path: "b" }] }], /one role/],
  [
    "two files of a path",
    [{ ...entry, files: [file, { ...file, role: "tokens", path: "MODEL.onnx" }] }],
    /alike/,
  ],
])("%s is refused, and said where", async (_name, value, where) => {
  await write(value);
  await expect(readOwnModels(folder)).rejects.toMatchObject({
    ...{ code: "invalid_options", message: expect.stringMatching(where) },
    hint: expect.stringContaining("docs/models.md"),
  });
});

it("a folder in its place is said", async () => {
  await rm(ownModelsPath(folder));
  await mkdir(ownModelsPath(folder));
  await expect(readOwnModels(folder)).rejects.toMatchObject({ code: "unreadable" });
});
