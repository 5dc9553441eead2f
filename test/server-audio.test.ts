/** Files of results: whole, in ranges, conditionally, and only for their owner. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectRefusal } from "./support/refusals.ts";
import { openServer, type TestServer } from "./support/server.ts";

let server: TestServer;
let path: string;
let whole: Buffer;
let etag: string;
beforeAll(async () => {
  server = await openServer();
  const order = { text: "A file to be read in parts.", voice_id: "ann" };
  const { json } = await server.ask("POST", "/api/v1/synthesize/sft", order);
  path = json.audio_url;
  const answer = await server.ask("GET", path);
  whole = answer.bytes;
  etag = answer.headers.get("etag") ?? "";
  expect(etag).toBe(`"${createHash("sha256").update(whole).digest("hex")}"`);
});
afterAll(() => server[Symbol.asyncDispose]());

const get = (headers: Record<string, string> = {}, method = "GET") =>
  server.ask(method, path, undefined, headers);

it("comes whole, with type, length and tag, and never as anything a browser would run", async () => {
  const { status, headers, bytes } = await get();
  expect(status).toBe(200);
  expect(bytes.length).toBe(whole.length);
  expect(Object.fromEntries(headers)).toMatchObject({
    ...{ "content-type": "audio/wav", "content-length": `${whole.length}`, etag },
    ...{ "accept-ranges": "bytes", "x-content-type-options": "nosniff" },
    "cache-control": expect.stringContaining("private"),
  });
});

describe("one range", () => {
  it.each([
    ["bytes=0-9", 0, 9],
    ["bytes=44-", 44, undefined],
    ["bytes=-100", -100, undefined],
    ["bytes=10-999999999", 10, undefined],
    ["bytes=-999999999", 0, undefined],
    ["bytes=0-0", 0, 0],
  ])("%s is a part", async (range, from, to) => {
    const { status, headers, bytes } = await get({ range });
    const start = from < 0 ? whole.length + from : from;
    const end = to ?? whole.length - 1;
    expect({ status, bytes }).toEqual({ status: 206, bytes: whole.subarray(start, end + 1) });
    expect(headers.get("content-range")).toBe(`bytes ${start}-${end}/${whole.length}`);
    expect(headers.get("content-length")).toBe(`${end - start + 1}`);
  });

  it.each(["bytes=999999999-", "bytes=-0"])(
    "%s lies beyond the file: 416 with its size",
    async (range) => {
      const answer = await get({ range });
      expectRefusal(answer, "http_error", { path, status: 416 });
      expect(answer.headers.get("content-range")).toBe(`bytes */${whole.length}`);
    },
  );

  it.each(["bytes=0-1,5-6", "bytes=9-0", "lines=0-1", "bytes=a-b", "bytes=", "bytes=0-1;", ""])(
    "%s is none that is served: the whole file",
    async (range) => {
      const { status, bytes } = await get({ range });
      expect({ status, length: bytes.length }).toEqual({ status: 200, length: whole.length });
    },
  );
});

describe("HEAD", () => {
  it("has the head of GET and no body", async () => {
    const { status, headers, bytes } = await get({}, "HEAD");
    expect({ status, bytes: bytes.length }).toEqual({ status: 200, bytes: 0 });
    expect(headers.get("content-length")).toBe(`${whole.length}`);
    expect(headers.get("content-type")).toBe("audio/wav");
    expect(headers.get("etag")).toBe(etag);
  });

  it("knows no ranges", async () => {
    const { status, headers } = await get({ range: "bytes=0-9" }, "HEAD");
    expect({ status, range: headers.get("content-range") }).toEqual({ status: 200, range: null });
    expect(headers.get("content-length")).toBe(`${whole.length}`);
  });
});

describe("conditions", () => {
  it.each([
    ["the tag", (): string => etag],
    ["the tag as a weak one", (): string => `W/${etag}`],
    ["the tag after another", (): string => `"other", ${etag}`],
    ["any tag", (): string => "*"],
  ] as const)("If-None-Match with %s answers 304 without a body", async (_what, tag) => {
    for (const method of ["GET", "HEAD"]) {
      const { status, headers, bytes } = await get({ "if-none-match": tag() }, method);
      expect({ status, bytes: bytes.length }).toEqual({ status: 304, bytes: 0 });
      expect(headers.get("etag")).toBe(etag);
    }
  });

  it("If-None-Match with another tag answers the file", async () => {
    expect((await get({ "if-none-match": '"other"' })).status).toBe(200);
  });

  it("If-Range lets the range count only for the same file", async () => {
    const range = "bytes=0-9";
    expect((await get({ range, "if-range": etag })).status).toBe(206);
    expect((await get({ range, "if-range": '"other"' })).status).toBe(200);
    expect((await get({ range, "if-range": new Date().toUTCString() })).status).toBe(200);
  });
});

it("what was uploaded for a task, and other tasks' parts, are not to be had", async () => {
  const id = /task_[0-9a-f]+/.exec(path)?.[0];
  for (const name of [
    `${id}_prompt.wav`,
    `${id}_0.part`,
    `${id}.mp3`,
    `${id}.`,
    `${id}`,
    `${id}.wav.wav`,
  ]) {
    const other = `/api/v1/audio/${name}`;
    expectRefusal(await server.ask("GET", other), "http_error", { path: other, status: 404 });
  }
});
