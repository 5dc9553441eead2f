/** `dubber models` as a person runs it: downloaded, interrupted, checked, used without a network, removed. */
import { execFile } from "node:child_process";
import { access, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { hashBytes } from "../src/core/hash.ts";
import { block, makeOnnx } from "../src/models/testing/onnx.ts";
import { dubber, start } from "./support/command.ts";
import { answer, type FileServer, stallAfter, startFileServer } from "./support/file-server.ts";
import { missingFile, needs, sharedMedia } from "./support/needs.ts";
import { mountSmallDisk, unmountSmallDisk } from "./support/small-disk.ts";

const run = promisify(execFile);
const model = makeOnnx({ weightBytes: 6_000_000 });
const tokens = Buffer.from("a 1\n");
const mount = async (...args: string[]) => await run("mount", args);

let server: FileServer;
let folder: string;
beforeEach(async () => {
  server = await startFileServer({ "/v1/model.onnx": model, "/v1/tokens.txt": tokens });
  folder = await mkdtemp(join(tmpdir(), "dubber-models-command-"));
  await describeModel(folder);
});
afterEach(async ({ task }) => {
  await server.close();
  if (task.result?.state === "fail") console.error(`The files are kept in ${folder}.`);
  else await rm(folder, { recursive: true, force: true });
});

/** A model of the person's own, so that nothing here needs the network. */
async function describeModel(directory: string): Promise<void> {
  const sizeBytes = model.length;
  const files = [
    {
      role: "encoder",
      path: "model.onnx",
      url: `${server.url}/v1/model.onnx`,
      sha256: hashBytes(model),
      sizeBytes,
    },
    { role: "tokens", path: "tokens.txt", url: `${server.url}/v1/tokens.txt` },
  ];
  const entry = {
    ...{ name: "mine", kind: "recognizer", family: "moonshine", licence: "MIT" },
    ...{ languages: ["pt-BR", "es"], about: "Of my own.", files },
  };
  await writeFile(join(directory, "models.json"), JSON.stringify([entry]));
}

type Result = { code: number | null; said: string } & Record<string, unknown>;

async function models(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const all = { DUBBER_MODELS: folder, ...env };
  const ended = await dubber(["models", ...args, "--json"], { env: all });
  const lines = ended.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ type }) => type === "result")).toHaveLength(1);
  return {
    code: ended.code,
    said: ended.stderr,
    ...lines.at(-1),
    warnings: lines.filter(({ type }) => type === "warning"),
  };
}
const at = (...names: string[]) => join(folder, "mine", ...names);
const mine = async () => ((await models(["list", "mine"])).models as { state: string }[])[0];

it("a model is announced, downloaded, checked, used without a network, and removed", async () => {
  const env = { DUBBER_MODELS: folder };
  const pulled = await dubber(["models", "pull", "mine"], { env });
  expect(pulled).toMatchObject({ code: 0, stdout: "" });
  expect(pulled.stderr).toMatch(/^mine: size \?, licence MIT, from 127\.0\.0\.1/);
  expect(pulled.stderr).toContain(
    `this first download is trusted, and compared with from now on (SHA-256 ${hashBytes(tokens)})`,
  );
  expect(pulled.stderr).toContain(`mine is installed: ${at()}`);
  expect(await readFile(at("model.onnx"))).toEqual(model);

  await server.close();
  expect(await models(["verify"])).toMatchObject({
    code: 0,
    status: "done",
    models: [{ name: "mine" }],
  });
  expect(await models(["pull", "mine"])).toMatchObject({
    code: 0,
    models: [{ downloadedBytes: 0 }],
  });
  const listed = await dubber(["models", "list"], { env });
  expect(listed.stdout).toMatch(/^✓ mine .* MIT$/m);
  expect(listed.stdout).toMatch(/^ {4}Of my own\. Brazilian Portuguese, Spanish\.$/m);
  expect(listed.stdout).toMatch(/^ {2}whisper-tiny +103\.6 MB {2}MIT$/m);
  expect(listed.stderr).toContain(folder);

  await writeFile(at("tokens.txt"), "b 1\n");
  const damaged = await models(["verify", "mine"]);
  expect(damaged).toMatchObject({ code: 4, status: "failed" });
  expect(damaged.models).toMatchObject([
    { files: [{ state: "whole" }, { state: "damaged", reason: expect.any(String) }] },
  ]);
  expect(await models(["remove", "mine"])).toMatchObject({ code: 0, removed: ["mine"] });
  expect(await models(["remove", "mine"])).toMatchObject({ code: 0, removed: [] });
  await expect(access(at())).rejects.toThrow();
});

it("killed in the middle, it goes on where it was", async () => {
  server.faults.set("/v1/model.onnx", [stallAfter(4_000_000)]);
  const { process: pulling, ended } = start(["models", "pull", "mine"], {
    env: { DUBBER_MODELS: folder },
  });
  const part = async () => (await stat(at("model.onnx.part")).catch(() => undefined))?.size ?? 0;
  await vi.waitUntil(async () => (await part()) > 1_000_000, { timeout: 20_000 });
  pulling.kill("SIGKILL");
  expect(await ended).toMatchObject({ signal: "SIGKILL" });
  expect(await mine()).toMatchObject({ state: "missing" });
  const left = await part();
  const resumed = await models(["pull", "mine"]);
  expect(resumed).toMatchObject({
    code: 0,
    models: [{ downloadedBytes: model.length - left + tokens.length }],
  });
  expect(server.asked.map(({ range }) => range)).toEqual([undefined, `bytes=${left}-`, undefined]);
  expect(await readFile(at("model.onnx"))).toEqual(model);
  expect((await readdir(at())).sort()).toEqual(["model.json", "model.onnx", "tokens.txt"]);
  expect(await readdir(folder)).not.toContain(".mine.lock");
});

it("interrupted by Ctrl-C, it says so and keeps what came", async () => {
  server.faults.set("/v1/model.onnx", [stallAfter(2_000_000)]);
  const { process: pulling, ended } = start(["models", "pull", "mine"], {
    env: { DUBBER_MODELS: folder },
  });
  await vi.waitUntil(
    async () => (await stat(at("model.onnx.part")).catch(() => ({ size: 0 }))).size > 0,
    { timeout: 20_000 },
  );
  pulling.kill("SIGINT");
  const { code, stderr } = await ended;
  expect({ code, stderr }).toMatchObject({
    code: 130,
    stderr: expect.stringContaining("Run the same command again"),
  });
  await access(at("model.onnx.part"));
  expect(await readdir(folder)).not.toContain(".mine.lock");
});

it("two at once download it once", async () => {
  const both = await Promise.all([models(["pull", "mine"]), models(["pull", "mine"])]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(server.asked).toHaveLength(2);
  expect(await mine()).toMatchObject({ state: "installed" });
});

it("a full disk is said, nothing is half installed, and with space it goes on", async (context) => {
  const disk = join(folder, "disk");
  await mountSmallDisk(context, disk, "3m");
  try {
    await describeModel(disk);
    const env = { DUBBER_MODELS: disk };
    const full = await models(["pull", "mine"], env);
    expect(full).toMatchObject({
      code: 1,
      error: { code: "disk_full", hint: expect.stringContaining("run the same command again") },
    });
    expect((await readdir(join(disk, "mine"))).sort()).toEqual([
      "model.onnx.part",
      "model.onnx.part.json",
    ]);
    expect(await models(["list", "mine"], env)).toMatchObject({ models: [{ state: "missing" }] });
    await mount("-o", "remount,size=16m", disk);
    const { size } = await stat(join(disk, "mine/model.onnx.part"));
    expect(size).toBeGreaterThan(1_000_000);
    expect(await models(["pull", "mine"], env)).toMatchObject({
      ...{ code: 0, models: [{ downloadedBytes: model.length - size + tokens.length }] },
    });
  } finally {
    await unmountSmallDisk(disk);
  }
});

it("behind a closed network it says where the files can be put by hand, and takes them from there", async () => {
  await server.close();
  const closed = await models(["pull", "mine"]);
  expect(closed).toMatchObject({ code: 1, error: { code: "download_failed", retryable: true } });
  const { message, hint } = closed.error as { message: string; hint: string };
  expect(message).toMatch(/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/);
  expect(hint).toContain(at("model.onnx"));
  expect(hint).toContain("dubber models verify mine");
  await writeFile(at("model.onnx"), model);
  await writeFile(at("tokens.txt"), tokens);
  expect(await mine()).toMatchObject({ state: "partial" });
  expect(await models(["verify", "mine"])).toMatchObject({ code: 0 });
  expect(await mine()).toMatchObject({ state: "installed" });
});

it("a mirror gives the catalogue's models too, and is not believed another file", async () => {
  const path = "/snakers4/silero-vad/v6.2.1/src/silero_vad/data/silero_vad_16k_op15.onnx";
  server.files.set(path, Buffer.concat([makeOnnx(), block(900, Buffer.alloc(100))]));
  const env = { DUBBER_MODELS_URL: server.url };
  const refused = await models(["pull", "silero-vad"], env);
  expect(refused).toMatchObject({ code: 4, error: { code: "model_corrupt" } });
  expect(server.asked).toEqual([{ path, range: undefined }]);
  expect(await readdir(join(folder, "silero-vad"))).toEqual([]);
});

const realVad = sharedMedia("models/silero_vad.onnx");
const vad = await readFile(realVad).catch(() => undefined);
// The real file is not in the repository.
it("the real voice detector is what the catalogue says", needs(missingFile(realVad)), async () => {
  const path = "/snakers4/silero-vad/v6.2.1/src/silero_vad/data/silero_vad_16k_op15.onnx";
  server.files.set(path, vad as Buffer);
  const pulled = await models(["pull", "silero-vad"], { DUBBER_MODELS_URL: server.url });
  expect(pulled).toMatchObject({
    code: 0,
    models: [{ downloadedBytes: vad?.length, trusted: [] }],
  });
});

it("what makes no sense is refused before anything happens", async () => {
  const refused: readonly (readonly [readonly string[], string])[] = [
    [[], "usage"],
    [["dance"], "usage"],
    [["constructor"], "usage"],
    [["pull"], "usage"],
    [["remove"], "usage"],
    [["pull", "mine", "whisper-huge"], "unknown_model"],
    [["remove", "../mine"], "unknown_model"],
  ];
  const results = await Promise.all(refused.map(([args]) => models(args)));
  const expected = refused.map(([, code]) => ({ code: 2, error: { code } }));
  expect(results).toMatchObject(expected);
  expect(server.asked).toEqual([]);
});

it("a server that does not have the file costs one request", async () => {
  server.faults.set("/v1/model.onnx", [answer(404)]);
  expect(await models(["pull", "mine"])).toMatchObject({
    ...{
      code: 1,
      error: {
        code: "download_failed",
        retryable: false,
        message: expect.stringContaining("HTTP 404"),
      },
    },
  });
  expect(server.asked).toHaveLength(1);
});

it("a models.json that cannot be understood is named", async () => {
  await writeFile(join(folder, "models.json"), '[{"name":"../x"}]');
  expect(await models(["list"])).toMatchObject({
    code: 2,
    error: { code: "invalid_options", message: expect.stringContaining("models.json") },
  });
});
