import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  answer,
  cutAfter,
  type FileServer,
  ignoreRange,
  stallAfter,
  startFileServer,
} from "../../test/support/file-server.ts";
import type { Clock } from "../core/clock.ts";
import { hashBytes } from "../core/hash.ts";
import type { ModelEntry, ModelFile, ModelStore } from "./contract.ts";
import { type PullOptions, type PullProgress, pullModel } from "./pull.ts";
import { takePullLock } from "./pull-lock.ts";
import { findModel } from "./store.ts";
import { makeOnnx } from "./testing/onnx.ts";

const model = makeOnnx({ weightBytes: 300_000 });
const tokens = Buffer.from("a 1\nb 2\n");

let server: FileServer;
let store: ModelStore;
beforeEach(async () => {
  server = await startFileServer({ "/v1/model.onnx": model, "/v1/tokens.txt": tokens });
  const directory = await mkdtemp(join(tmpdir(), "dubber-pull-"));
  store = { directory, entries: [entry()] };
});
afterEach(async () => {
  await server.close();
  await rm(store.directory, { recursive: true });
});

function entry(change: Partial<ModelFile> = {}): ModelEntry {
  const url = `${server.url}/v1/model.onnx`;
  const sizeBytes = model.length;
  return {
    ...{ name: "tiny", kind: "recognizer", family: "moonshine", licence: "MIT", about: "" },
    languages: ["en"],
    files: [
      { role: "model", path: "model.onnx", url, sha256: hashBytes(model), sizeBytes, ...change },
    ],
  };
}
/** Nobody has said what the file should be. */
function unknownEntry(): ModelEntry {
  const [file] = entry().files;
  const { sha256: _sum, sizeBytes: _size, ...bare } = file as ModelFile;
  return { ...entry(), files: [bare] };
}

/** Waits without waiting, and writes down for how long. */
function hastyClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return { slept, now: () => 0, sleep: async (ms) => void slept.push(ms) };
}
const at = (...names: string[]) => join(store.directory, "tiny", ...names);
const pull = (options: PullOptions = {}, one = store.entries[0] as ModelEntry) =>
  pullModel({ ...store, entries: [one] }, one, {
    ...{ clock: hastyClock(), onProgress: ({ doneBytes }) => server.received(doneBytes) },
    ...options,
  });
const rangesAsked = () => server.asked.map(({ range }) => range);
function meets(...faults: NonNullable<ReturnType<FileServer["faults"]["get"]>>): void {
  server.faults.set("/v1/model.onnx", faults);
}

describe("a model that is not there", () => {
  it("is downloaded, checked, and not asked for again, even with nobody there to ask", async () => {
    const seen: PullProgress[] = [];
    const first = await pull({ onProgress: (one) => seen.push(one) });
    expect(first).toEqual({ directory: at(), downloadedBytes: model.length, trusted: [] });
    expect(await readFile(at("model.onnx"))).toEqual(model);
    expect((await readdir(at())).sort()).toEqual(["model.json", "model.onnx"]);
    expect(seen.at(-1)).toEqual({
      path: "model.onnx",
      doneBytes: model.length,
      totalBytes: model.length,
    });
    await server.close();
    expect(await pull()).toMatchObject({ downloadedBytes: 0 });
    await expect(findModel(store, "tiny")).resolves.toBeDefined();
    expect(server.asked).toHaveLength(1);
  });

  it("keeps the files that are complete when a later one does not come", async () => {
    const url = `${server.url}/v1/gone.txt`;
    const [file] = entry().files;
    const two = {
      ...entry(),
      files: [file as ModelFile, { role: "tokens" as const, path: "sub/tokens.txt", url }],
    };
    await expect(pull({}, two)).rejects.toMatchObject({
      ...{
        code: "download_failed",
        retryable: false,
        message: expect.stringContaining("HTTP 404"),
      },
    });
    await expect(findModel({ ...store, entries: [two] }, "tiny")).rejects.toMatchObject({
      code: "model_missing",
    });
    server.files.set("/v1/gone.txt", tokens);
    const { downloadedBytes, trusted } = await pull({}, two);
    expect(downloadedBytes).toBe(tokens.length);
    expect(trusted).toEqual([{ path: "sub/tokens.txt", sha256: hashBytes(tokens) }]);
    await expect(findModel({ ...store, entries: [two] }, "tiny")).resolves.toBeDefined();
  });

  it("of unknown content is trusted once, told so, and compared from then on", async () => {
    const bare = unknownEntry();
    expect((await pull({}, bare)).trusted).toEqual([
      { path: "model.onnx", sha256: hashBytes(model) },
    ]);
    expect((await pull({}, bare)).trusted).toEqual([]);
    const other = makeOnnx({ weightBytes: 300_001 });
    await writeFile(at("model.onnx"), other);
    await expect(findModel({ ...store, entries: [bare] }, "tiny")).rejects.toMatchObject({
      code: "model_corrupt",
    });
  });
});

describe("a download that breaks off", () => {
  it("goes on where it stopped, in the same run", async () => {
    meets(cutAfter(100_000));
    const clock = hastyClock();
    expect(await pull({ clock })).toMatchObject({ downloadedBytes: model.length });
    expect(clock.slept).toEqual([1000]);
    expect(rangesAsked()).toEqual([undefined, "bytes=100000-"]);
    expect(await readFile(at("model.onnx"))).toEqual(model);
  });

  it("is given up after four more tries with longer and longer pauses, and goes on in the next run", async () => {
    meets(cutAfter(1000), ...Array.from({ length: 4 }, () => answer(503)));
    const clock = hastyClock();
    await expect(pull({ clock })).rejects.toMatchObject({
      ...{ code: "download_failed", retryable: true, message: expect.stringContaining("HTTP 503") },
      hint: expect.stringContaining("dubber models verify tiny"),
    });
    expect(clock.slept).toEqual([1000, 2000, 4000, 8000]);
    expect(await readdir(at())).toEqual(expect.arrayContaining(["model.onnx.part"]));
    expect(await pull()).toMatchObject({ downloadedBytes: model.length - 1000 });
  });

  it("is not given up while it gets on by a megabyte each time", async () => {
    const large = makeOnnx({ weightBytes: 14 * 2 ** 20 });
    server.files.set("/v1/model.onnx", large);
    meets(...Array.from({ length: 6 }, () => cutAfter(2 * 2 ** 20)));
    const one = entry({ sha256: hashBytes(large), sizeBytes: large.length });
    expect(await pull({}, one)).toMatchObject({ downloadedBytes: large.length });
    expect(server.asked).toHaveLength(7);
  });

  it("by silence is noticed, and goes on", async () => {
    meets(stallAfter(50_000));
    expect(await pull({ stallMs: 100 })).toMatchObject({ downloadedBytes: model.length });
    expect(rangesAsked()).toEqual([undefined, "bytes=50000-"]);
  });

  it("before the first word is noticed too", async () => {
    meets(...Array.from({ length: 5 }, () => () => {}));
    await expect(pull({ stallMs: 50 })).rejects.toThrow(/sent nothing for 0\.05 s; tiny was not/);
  });

  it("starts again where the server cannot send a part", async () => {
    meets(cutAfter(100_000), ignoreRange);
    expect(await pull()).toMatchObject({ downloadedBytes: model.length + 100_000 });
    expect(await readFile(at("model.onnx"))).toEqual(model);
  });

  it("starts again where another file lies there now", async () => {
    meets(cutAfter(100_000, '"old"'));
    await pull({}, unknownEntry());
    expect(await readFile(at("model.onnx"))).toEqual(model);
    expect(server.asked).toHaveLength(2);
  });

  it("starts again where the server sends a part of another version, or another part", async () => {
    const part = (start: number, etag: string) =>
      answer(206, { "content-range": `bytes ${start}-9/${model.length}`, etag });
    meets(cutAfter(100_000), part(100_000, '"two"'), cutAfter(100_000), part(7, '"one"'));
    await pull();
    expect(rangesAsked()).toEqual([
      undefined,
      "bytes=100000-",
      undefined,
      "bytes=100000-",
      undefined,
    ]);
    expect(await readFile(at("model.onnx"))).toEqual(model);
  });

  it("starts again where nobody can say whether the rest belongs to it", async () => {
    server.etag = undefined;
    meets((response, content, _request, { cuts }) => {
      cuts.push({ position: 5000, response });
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 5000));
    });
    await pull({}, unknownEntry());
    expect(rangesAsked()).toEqual([undefined, undefined]);
  });

  it("that was complete but for its name is not loaded again", async () => {
    await pull({}, unknownEntry());
    await rm(at("model.json"));
    const note = { url: `${server.url}/v1/model.onnx`, etag: '"one"' };
    await writeFile(at("model.onnx.part"), await readFile(at("model.onnx")));
    await writeFile(at("model.onnx.part.json"), JSON.stringify(note));
    await rm(at("model.onnx"));
    expect(await pull({}, unknownEntry())).toMatchObject({ downloadedBytes: 0 });
    await rm(at("model.onnx"));
    await writeFile(at("model.onnx.part"), model);
    expect(await pull()).toMatchObject({ downloadedBytes: 0 });
  });

  it("by the person ends at once with the person's reason; the part stays", async () => {
    meets(stallAfter(50_000));
    const stop = new AbortController();
    const reason = new Error("enough");
    const pulled = pull({
      signal: stop.signal,
      onProgress: ({ doneBytes }) => doneBytes === 50_000 && stop.abort(reason),
    });
    await expect(pulled).rejects.toBe(reason);
    expect(await pull()).toMatchObject({ downloadedBytes: model.length - 50_000 });
  });
});

describe("a server that is wrong", () => {
  it.each([
    [401, "does not give the file away", false],
    [403, "does not give the file away", false],
    [404, "does not have the file", false],
    [418, "cannot be used", false],
  ])("with HTTP %i is not asked again", async (status, message, retryable) => {
    meets(answer(status));
    await expect(pull()).rejects.toMatchObject({
      ...{ code: "download_failed", retryable, message: expect.stringContaining(message) },
      hint: expect.stringContaining(at("model.onnx")),
    });
    expect(server.asked).toHaveLength(1);
  });

  it("for a moment is asked again, and when it says so", async () => {
    meets(answer(500), answer(429, { "retry-after": "7" }));
    const clock = hastyClock();
    await pull({ clock });
    expect(clock.slept).toEqual([1000, 7000]);
  });

  it("with other bytes leaves nothing behind", async () => {
    meets((response) =>
      response.writeHead(200, { "content-length": model.length }).end(Buffer.alloc(model.length)),
    );
    await expect(pull()).rejects.toMatchObject({
      ...{ code: "model_corrupt", message: expect.stringMatching(/content.*not kept/) },
    });
    expect(await readdir(at())).toEqual([]);
    expect(await pull()).toMatchObject({ downloadedBytes: model.length });
  });

  it("with a page to log in, or a file of another size, is told by the size", async () => {
    const page = Buffer.from("<html>Log in</html>");
    meets(
      (response) => response.writeHead(200).end(page),
      (response) => response.writeHead(200, { "content-length": page.length }).end(page),
    );
    // Without its length only the end shows it: asked again, then the second answer says it.
    await expect(pull()).rejects.toMatchObject({
      ...{
        code: "model_corrupt",
        message: expect.stringContaining(`${page.length} bytes instead of ${model.length}`),
      },
    });
    meets((response) => response.writeHead(200).end(Buffer.alloc(model.length + 70_000)));
    await expect(pull()).rejects.toMatchObject({ code: "model_corrupt" });
    expect(await readdir(at())).toEqual([]);
  });

  it("of which nobody knows what is right is not believed a page of HTML for a model", async () => {
    meets((response) => response.writeHead(200).end("<html>Log in</html>"));
    await expect(pull({}, unknownEntry())).rejects.toMatchObject({
      ...{ code: "model_corrupt", message: expect.stringContaining("ONNX") },
    });
    expect(await readdir(at())).toEqual([]);
  });
});

describe("redirects", () => {
  it("are followed, five of them at the most", async () => {
    for (let hop = 1; hop <= 4; hop++) {
      server.faults.set(`/hop${hop}`, [
        answer(302, { location: hop === 4 ? "/v1/model.onnx" : `/hop${hop + 1}` }),
      ]);
    }
    meets(answer(307, { location: `${server.url}/hop1` }));
    await pull();
    expect(server.asked).toHaveLength(6);
  });

  it.each([
    ["in a circle", "/v1/model.onnx", /without end/],
    ["to a file of this machine", "file:///etc/passwd", /not safe/],
    ["to nowhere", "", /without saying where|without end/],
    ["to something else", "ftp://127.0.0.1/x", /not safe/],
  ])("%s are refused", async (_name, location, message) => {
    meets(...Array.from({ length: 9 }, () => answer(302, { location })));
    await expect(pull()).rejects.toMatchObject({
      code: "download_failed",
      message: expect.stringMatching(message),
    });
  });

  it("do not lead from a safe address to one that is not", async () => {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return new Response(null, {
        status: 302,
        headers: { location: `${server.url}/v1/model.onnx` },
      });
    };
    await expect(pull({ fetch }, entry({ url: "https://example.org/x" }))).rejects.toThrow(
      /not safe/,
    );
    expect(asked).toEqual(["https://example.org/x"]);
  });
});

describe("a closed network", () => {
  const failing = (code: string) => async () => {
    throw new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
  };

  it.each(["ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "EAI_AGAIN"])(
    "(%s) is told at once, with the way around it",
    async (code) => {
      const clock = hastyClock();
      const one = entry({ url: "https://user:secret@hub.example/a/model.onnx?token=secret" });
      const error = await pull({ fetch: failing(code), clock }, one).catch(
        (caught: unknown) => caught,
      );
      expect(error).toMatchObject({
        ...{ code: "download_failed", retryable: true },
        message: `hub.example cannot be reached (${code}); tiny was not downloaded.`,
        hint: expect.stringContaining(
          `Or get https://hub.example/a/model.onnx elsewhere, put it there as ${at("model.onnx")}, and run \`dubber models verify tiny\``,
        ),
      });
      expect(JSON.stringify(error)).not.toContain("secret");
      expect(clock.slept).toEqual([]);
    },
  );

  it("in the middle of a download is waited for", async () => {
    let calls = 0;
    const fetch: NonNullable<PullOptions["fetch"]> = async (url, init) => {
      calls += 1;
      return calls === 2 ? await failing("ENOTFOUND")() : await globalThis.fetch(url, init);
    };
    meets(cutAfter(1000));
    await pull({ fetch });
    expect(calls).toBe(3);
  });

  it("that reads along is told with what Node needs", async () => {
    await expect(pull({ fetch: failing("SELF_SIGNED_CERT_IN_CHAIN") })).rejects.toMatchObject({
      ...{ retryable: false, hint: expect.stringContaining("NODE_EXTRA_CA_CERTS") },
    });
  });

  it("is got around by a mirror, which takes the host's place", async () => {
    server.files.set("/mirror/v1/model.onnx", model);
    const one = entry({ url: "https://hub.example/v1/model.onnx" });
    await pull({ mirrorUrl: `${server.url}/mirror/` }, one);
    expect(server.asked).toEqual([{ path: "/mirror/v1/model.onnx", range: undefined }]);
    await rm(at("model.onnx"));
    for (const mirrorUrl of ["mirror", "ftp://mirror", "https://a:b@mirror"]) {
      await expect(pull({ mirrorUrl }, one)).rejects.toMatchObject({ code: "invalid_options" });
    }
  });
});

describe("several at once", () => {
  it("one downloads, the other waits and takes over what came", async () => {
    let waits = 0;
    const options: PullOptions = {
      clock: { now: () => 0, sleep: (ms) => new Promise((go) => setTimeout(go, ms / 50)) },
      onWait: () => (waits += 1),
    };
    const results = await Promise.all([pull(options), pull(options), pull(options)]);
    expect(results.map(({ downloadedBytes }) => downloadedBytes).sort()).toEqual([
      0,
      0,
      model.length,
    ]);
    expect(server.asked).toHaveLength(1);
    expect(waits).toBe(2);
  });

  it("a process that has ended, or another machine that has not shown itself for a minute, blocks nobody", async () => {
    const lock = join(store.directory, ".tiny.lock");
    await writeFile(lock, "another-machine 1 token");
    const past = new Date(Date.now() - 120_000);
    await utimes(lock, past, past);
    await using _mine = await takePullLock(at());
    const stop = new AbortController();
    const waiting = takePullLock(at(), {
      signal: stop.signal,
      onWait: () => stop.abort(new Error("waited")),
    });
    await expect(waiting).rejects.toThrow("waited");
  });
});
