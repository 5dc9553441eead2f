/** Attacks on the connection: bodies that lie, never end, stand still or are no bodies; each is refused early, and costs nothing. */
import { mkdtemp, readdir, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { openLeakWatch } from "./support/leaks.ts";
import { endless, exchange, head, openSocket, type RawAnswer } from "./support/raw-http.ts";
import { sampleWav } from "./support/samples.ts";
import { openServer, type TestServer } from "./support/server.ts";

const mebibyte = 2 ** 20;
const sft = "/api/v1/async/synthesize/sft";
const voices = "/api/v1/voices/";
const boundary = "----boundary";
const multipart = `multipart/form-data; boundary=${boundary}`;
const spoken = JSON.stringify({ text: "Some words.", voice_id: "ann" });

let server: TestServer;
let leaks: ReturnType<typeof openLeakWatch>;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "dübber attacks "));
  leaks = openLeakWatch(folder);
  server = await openServer({
    folder,
    engine: makeFakeEngine({ features: { cloning: true, instructions: true } }),
    variables: { MAX_FILE_SIZE: `${mebibyte}`, MAX_VIDEO_SIZE: `${mebibyte}` },
    timings: { pace: { windowMs: 300, leastBytes: 300 } },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(server.folder, { recursive: true, force: true });
});

async function send(
  ...[pieces, options]: Parameters<typeof exchange> extends [unknown, ...infer Rest] ? Rest : never
): Promise<RawAnswer> {
  const answer = await exchange(server.url, pieces, options);
  leaks.show(answer.text);
  return answer;
}
const leftovers = () => readdir(join(server.folder, "tmp"));
const isWell = async () => (await server.ask("GET", "/health")).status === 200;
const codeOf = ({ body }: RawAnswer): string =>
  JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)).error;

/** The head of a part. */
const part = (name: string, more = "") =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
const file = (name: string) => part(name, '; filename="a.wav"');
const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);

describe("an upload of ten gigabytes", () => {
  it.each([
    ["POST", voices, multipart],
    ["POST", "/api/v1/async/synthesize/zero-shot", multipart],
    ["POST", "/api/v1/async/dub", multipart],
    ["POST", "/api/v1/async/dub", "application/json"],
    ["POST", "/api/v1/async/synthesize/zero-shot", "application/x-www-form-urlencoded"],
    ["POST", sft, "application/json"],
    ["PUT", `${voices}x`, "application/json"],
    ["POST", "/v1/audio/speech", "application/json"],
  ])(
    "announced in Content-Length to %s %s as %s is refused before it is sent",
    async (method, path, type) => {
      const length = 10 * 1024 * mebibyte;
      const answer = await send([
        head(`${method} ${path}`, { "content-type": type, "content-length": length }),
      ]);
      expect(answer).toMatchObject({
        status: 413,
        end: "closed",
        headers: { connection: "close" },
      });
    },
  );

  it.each([voices, "/api/v1/async/synthesize/zero-shot", "/api/v1/async/dub"])(
    "in chunks to %s is cut off at its bound, on the disk and on the wire",
    async (path) => {
      const name = path === voices ? "audio_file" : path.endsWith("dub") ? "video" : "prompt_audio";
      let sent = 0;
      let most = 0;
      const piece = chunk(Buffer.alloc(65_536, "x"));
      async function* body() {
        yield head(`POST ${path}`, { "content-type": multipart, "transfer-encoding": "chunked" });
        yield chunk(Buffer.from(file(name)));
        for await (const bytes of endless(piece, 4000)) {
          sent += bytes.length;
          if (sent % (16 * piece.length) === 0) most = Math.max(most, await bytesIn("tmp"));
          yield bytes;
        }
      }
      const before = process.memoryUsage().rss;
      const answer = await send(body(), { forMs: 20_000 });
      expect(answer.status).toBe(413);
      expect(answer.end).not.toBe("open");
      expect(sent).toBeLessThan(100 * mebibyte);
      expect(most).toBeLessThan(1.2 * mebibyte);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * mebibyte);
      await expect.poll(leftovers).toEqual([]);
    },
  );

  it.each<[string, string]>([
    ["before the first part", "x"],
    ["in the head of a part", `--${boundary}\r\nContent-Disposition: form-data; name="text"; x="`],
    ["in a text field", part("name")],
    ["behind the last boundary", `${part("text")}words\r\n--${boundary}--\r\n`],
    ["in parts without a name", `--${boundary}\r\n\r\n`],
  ])("that never ends %s is cut off", async (_where, start) => {
    const piece = chunk(Buffer.alloc(65_536, "x"));
    async function* body() {
      yield head(`POST ${voices}`, { "content-type": multipart, "transfer-encoding": "chunked" });
      yield chunk(Buffer.from(start));
      yield* endless(piece, 2000);
    }
    const answer = await send(body(), { forMs: 20_000 });
    expect([413, 422]).toContain(answer.status);
    expect(answer.end).not.toBe("open");
    await expect.poll(leftovers).toEqual([]);
  });

  it("as JSON in chunks is cut off", async () => {
    async function* body() {
      yield head(`POST ${sft}`, {
        "content-type": "application/json",
        "transfer-encoding": "chunked",
      });
      yield* endless(chunk(Buffer.alloc(65_536, " ")), 2000);
    }
    const answer = await send(body());
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({
      ...{ status: 413, code: "payload_too_large" },
    });
    expect(answer.end).not.toBe("open");
  });

  it("as a JSON text is no way around the bound of a form", async () => {
    const text = JSON.stringify("x".repeat(3 * mebibyte));
    const path = "/api/v1/synthesize/zero-shot";
    const answer = await server.ask("POST", path, text, { "content-type": "application/json" });
    expect(answer.status).toBe(413);
    const short = await server.ask("POST", path, '"xxxxx"', { "content-type": "application/json" });
    expect(short.status).toBe(422);
  });

  it("on a request that has no body is not read", async () => {
    async function* body() {
      yield head("GET /ready", { "content-length": 10 * 1024 * mebibyte });
      yield* endless(Buffer.alloc(65_536), 2000);
    }
    expect((await send(body())).end).not.toBe("open");
  });

  it("is refused in words that reach a client that is still sending", async () => {
    const form = new FormData();
    form.append("audio_file", new Blob([new Uint8Array(20 * mebibyte)]), "a.wav");
    const answer = await server.ask("POST", voices, form);
    expect({ status: answer.status, error: answer.json.error }).toEqual({
      ...{ status: 413, error: "payload_too_large" },
    });
  });
});

describe("a length that lies", () => {
  const post = (headers: Record<string, string | number>, body = "") =>
    head(`POST ${sft}`, { "content-type": "application/json", ...headers }) + body;
  const smuggled = head("DELETE /api/v1/voices/smuggled");

  it.each<[string, string]>([
    ["negative", post({ "content-length": -1 }, spoken)],
    ["no number", post({ "content-length": "ten" }, spoken)],
    ["hexadecimal", post({ "content-length": "0x10" }, spoken)],
    ["with a plus", post({ "content-length": "+10" }, spoken)],
    ["beyond all numbers", post({ "content-length": "9".repeat(40) }, spoken)],
    ["two of them", post({ "content-length": 0, "Content-Length": 5 }, smuggled)],
    ["a list", post({ "content-length": "5, 5" }, smuggled)],
    [
      "with chunks",
      post({ "content-length": 5, "transfer-encoding": "chunked" }, `0\r\n\r\n${smuggled}`),
    ],
    [
      "chunks with a blank before the colon",
      post({ "transfer-encoding ": "chunked", "content-length": 3 }, `0\r\n\r\n${smuggled}`),
    ],
    [
      "chunks twice encoded",
      post({ "transfer-encoding": "chunked, identity" }, `0\r\n\r\n${smuggled}`),
    ],
    ["an unknown encoding", post({ "transfer-encoding": "xchunked" }, `0\r\n\r\n${smuggled}`)],
    [
      "a chunk that is no number",
      post({ "transfer-encoding": "chunked" }, "zz\r\nxx\r\n0\r\n\r\n"),
    ],
    [
      "a chunk that is too short",
      post({ "transfer-encoding": "chunked" }, `2\r\n${spoken}\r\n0\r\n\r\n`),
    ],
    ["a header in two lines", post({ "x-a": "b\r\n content-length: 10" }, smuggled)],
    ["a header without a name", post({ "": "x" }, spoken)],
    ["NUL in a header", post({ "x-a": "a\0b", "content-length": spoken.length }, spoken)],
  ])("%s: the connection ends, and what stands behind it is no request", async (_what, bytes) => {
    const answer = await send([bytes], { forMs: 5000 });
    expect(answer.end).not.toBe("open");
    expect([400, 413]).toContain(answer.status);
    expect(JSON.parse(answer.body)).toMatchObject({ details: { path: expect.any(String) } });
    expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(answer.text).not.toContain("voice_not_found");
  });

  it("too short: the rest is no request", async () => {
    const answer = await send([post({ "content-length": 10 }, spoken)], { forMs: 5000 });
    expect(answer.end).not.toBe("open");
    expect([400, 422]).toContain(answer.status);
    expect(answer.text).not.toContain("task_");
  });

  it("too long: a client that waits is given up, and nothing is accepted", async () => {
    const before = (await server.ask("GET", "/api/v1/async/tasks")).json.total;
    const answer = await send([post({ "content-length": spoken.length + 5 }, spoken)], {
      forMs: 5000,
    });
    expect(answer.end).not.toBe("open");
    expect(answer.text).not.toContain("task_");
    expect((await server.ask("GET", "/api/v1/async/tasks")).json.total).toBe(before);
  });
});

describe("a form that is none", () => {
  const form = (body: string, type = multipart, path = voices) =>
    send(
      [
        head(`POST ${path}`, { "content-type": type, "content-length": Buffer.byteLength(body) }),
        body,
      ],
      { until: (text) => text.includes("}"), forMs: 5000 },
    );
  const end = `\r\n--${boundary}--\r\n`;
  const many = (count: number, one: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => one(index)).join("\r\n");

  it.each<[string, string, string?]>([
    ["without a boundary", `${part("name")}x${end}`, "multipart/form-data"],
    ["with an empty boundary", `${part("name")}x${end}`, "multipart/form-data; boundary="],
    [
      "with a boundary of 10,000 characters",
      "x",
      `multipart/form-data; boundary=${"b".repeat(10_000)}`,
    ],
    ["without an end", `${part("name")}x`],
    ["of nothing", ""],
    ["of its boundary alone", `--${boundary}--`],
    ["of noise", "\0\u0001\u0002 noise"],
    [
      "with a part without a name",
      `--${boundary}\r\nContent-Disposition: form-data\r\n\r\nx${end}`,
    ],
    ["with a head of 100,000 bytes", `--${boundary}\r\nX-A: ${"a".repeat(100_000)}\r\n\r\nx${end}`],
    ["with a thousand parts", many(1000, (index) => `${part(`field${index}`)}x`) + end],
    ["with a thousand files", many(1000, (index) => `${file(`file${index}`)}x`) + end],
    ["with a field twice", `${part("name")}a\r\n${part("name")}b${end}`],
    ["with a file twice", `${file("audio_file")}a\r\n${file("audio_file")}b${end}`],
    ["with a field called __proto__", `${part("__proto__")}{"polluted":1}${end}`],
    ["with a field called constructor", `${part("constructor")}x${end}`],
    ["with a file called __proto__", `${file("__proto__")}x${end}`],
    ["with a name of 10,000 characters", `${part("n".repeat(10_000))}x${end}`],
    [
      "with a text where a file is wanted",
      `${part("voice_id")}x\r\n${part("name")}x\r\n${part("audio_file")}RIFF${end}`,
    ],
    ["with a file where a text is wanted", `${file("voice_id")}x${end}`],
    [
      "with a form inside",
      `${part("name")}x\r\n--${boundary}\r\nContent-Type: multipart/mixed; boundary=in\r\nContent-Disposition: form-data; name="audio_file"\r\n\r\n--in\r\n\r\nx\r\n--in--${end}`,
    ],
    [
      "with JSON in a field",
      `--${boundary}\r\nContent-Disposition: form-data; name="audio_file"\r\nContent-Type: application/json\r\n\r\n{"path":"/etc/passwd","sizeBytes":1,"sha256":"","fileName":"x"}${end}`,
    ],
  ])("%s is refused with 413 or 422, and leaves no file", async (_what, body, type) => {
    const answer = await form(body, type);
    expect([413, 422]).toContain(answer.status);
    expect(["validation_error", "payload_too_large"]).toContain(codeOf(answer));
    await expect.poll(leftovers).toEqual([]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it.each(["multipart/mixed; boundary=x", "multipart/related", "text/html", "application/xml"])(
    "of type %s is refused with 415",
    async (type) => {
      expect((await form("x", type)).status).toBe(415);
    },
  );

  it("sent to a path that takes JSON is refused", async () => {
    expect((await form(`${part("text")}x${end}`, multipart, sft)).status).toBe(422);
  });
});

describe("a client that is too slow", () => {
  const headers = { "content-type": multipart, "content-length": 100_000 };
  async function* drip(start: string, piece: string, times: number) {
    yield start;
    for (let count = 0; count < times; count++) {
      await sleep(20);
      yield piece;
    }
  }

  it.each([
    ["a file", head(`POST ${voices}`, headers) + file("audio_file")],
    ["JSON", head(`POST ${sft}`, { ...headers, "content-type": "application/json" })],
    ["JSON to nowhere", head("POST /nowhere", { ...headers, "content-type": "application/json" })],
  ])("sending %s byte by byte is given up, and leaves no file", async (_what, start) => {
    const startedAt = performance.now();
    const answer = await send(drip(start, "x", 500), { forMs: 8000 });
    expect(answer.end).not.toBe("open");
    expect(performance.now() - startedAt).toBeLessThan(4000);
    await expect.poll(leftovers).toEqual([]);
  });

  it("to read what it has asked for is given up, and the file is closed", async (context) => {
    if (process.platform !== "linux") return context.skip("/proc tells what is open, on Linux");
    const engine = makeFakeEngine({ secondsPerCharacter: 10 });
    await using own = await openServer({ engine, timings: { stallMs: 300 } });
    const { json } = await own.ask("POST", "/api/v1/synthesize/sft", {
      ...{ text: "x".repeat(100), voice_id: "ann" },
    });
    const isOpen = async () => {
      const links = (await readdir("/proc/self/fd")).map((one) =>
        readlink(`/proc/self/fd/${one}`).catch(() => ""),
      );
      return (await Promise.all(links)).some(
        (path) => path.startsWith(own.folder) && path.endsWith(".wav"),
      );
    };
    const socket = await openSocket(own.url);
    socket.pause();
    socket.write(head(`GET ${json.audio_url}`));
    await expect.poll(isOpen, { interval: 5 }).toBe(true);
    await expect.poll(isOpen, { timeout: 5000 }).toBe(false);
    socket.destroy();
    // Who reads, however long it takes, gets all of it.
    expect((await own.ask("GET", json.audio_url)).bytes.length).toBe(json.bytes);
  });

  it("but comes through is served", async () => {
    const wav = sampleWav(3, 16_000);
    const fields = { voice_id: "slow", name: "Slow" };
    const texts = Object.entries(fields).map(([name, value]) => `${part(name)}${value}\r\n`);
    const body = Buffer.concat([
      Buffer.from(`${texts.join("")}${file("audio_file")}`),
      ...[wav, Buffer.from(`\r\n--${boundary}--\r\n`)],
    ]);
    async function* slowly() {
      yield head(`POST ${voices}`, { ...headers, "content-length": body.length });
      for (let at = 0; at < body.length; at += 2000) {
        await sleep(10);
        yield body.subarray(at, at + 2000);
      }
    }
    const answer = await send(slowly(), { until: (text) => text.includes('"voice_id"') });
    expect(answer.status).toBe(201);
  });
});

describe("a client that hangs up", () => {
  it.each([voices, "/api/v1/async/synthesize/zero-shot", "/api/v1/async/dub"])(
    "in the middle of an upload to %s leaves no file and no task",
    async (path) => {
      const before = (await server.ask("GET", "/api/v1/async/tasks")).json.total;
      const name = path === voices ? "audio_file" : path.endsWith("dub") ? "video" : "prompt_audio";
      const socket = await openSocket(server.url);
      socket.write(head(`POST ${path}`, { "content-type": multipart, "content-length": 900_000 }));
      socket.write(`${part("text")}Words.\r\n${file(name)}`);
      socket.write(Buffer.alloc(100_000));
      await expect.poll(leftovers, { timeout: 5000 }).toHaveLength(1);
      socket.resetAndDestroy();
      await expect.poll(leftovers, { timeout: 5000 }).toEqual([]);
      expect((await server.ask("GET", "/api/v1/async/tasks")).json.total).toBe(before);
    },
  );

  it.each([voices, "/api/v1/synthesize/zero-shot", "/api/v1/async/synthesize/zero-shot"])(
    "after the whole of an upload to %s, at any moment, leaves no file of it",
    async (path) => {
      const name = path === voices ? "audio_file" : "prompt_audio";
      const texts = (moment: number) => `${part("voice_id")}gone${moment}\r\n${part("name")}x\r\n`;
      for (let moment = 0; moment < 15; moment++) {
        const body = Buffer.concat([
          Buffer.from(
            `${path === voices ? texts(moment) : `${part("text")}Words.\r\n`}${file(name)}`,
          ),
          ...[sampleWav(3), Buffer.from(`\r\n--${boundary}--\r\n`)],
        ]);
        const socket = await openSocket(server.url);
        socket.write(
          head(`POST ${path}`, { "content-type": multipart, "content-length": body.length }),
        );
        await new Promise<void>((resolve) => socket.write(body, () => resolve()));
        await sleep(moment);
        socket.resetAndDestroy();
      }
      await expect.poll(leftovers, { timeout: 10_000 }).toEqual([]);
      expect(await isWell()).toBe(true);
    },
  );

  it("in the middle of every kind of request harms nobody", async () => {
    const { json } = await server.ask("POST", sft, JSON.parse(spoken));
    const paths = [
      "/health",
      "/metrics",
      "/docs",
      "/openapi.json",
      "/v1/models",
      "/api/v1/async/tasks",
    ];
    const own = ["status?wait=5", "events", "result"].map(
      (what) => `/api/v1/async/tasks/${json.task_id}/${what}`,
    );
    const gets = [...paths, ...own, `/api/v1/audio/${json.task_id}.wav`].map((path) =>
      head(`GET ${path}`),
    );
    const speech = JSON.stringify({ model: "tts-1", input: "Some words.", voice: "ann" });
    const posts = (
      [
        ["POST", sft, spoken],
        ["POST", "/api/v1/synthesize/sft", spoken],
        ["POST", "/api/v1/synthesize/sft", JSON.stringify({ ...JSON.parse(spoken), stream: true })],
        ["POST", "/v1/audio/speech", speech],
        ["PUT", `${voices}slow`, JSON.stringify({ name: "New" })],
        ["DELETE", `/api/v1/async/tasks/${json.task_id}`, ""],
        ["DELETE", `${voices}nobody`, ""],
      ] as const
    ).map(([method, path, body]) => {
      const type = body === "" ? {} : { "content-type": "application/json" };
      return head(`${method} ${path}`, { ...type, "content-length": body.length }) + body;
    });
    for (const whole of [...gets, ...posts]) {
      for (const bytes of [whole.slice(0, whole.length / 2), whole.slice(0, -1), whole]) {
        const socket = await openSocket(server.url);
        socket.write(bytes);
        await new Promise(setImmediate);
        socket.resetAndDestroy();
      }
    }
    await expect.poll(() => server.engine.inFlight, { timeout: 2000 }).toBe(0);
    expect(await isWell()).toBe(true);
    const { bytes } = await server.ask("GET", "/metrics");
    expect(bytes.toString()).not.toContain("internal_server_error");
  });
});

describe("what is hardly HTTP", () => {
  it.each<[string, string, number]>([
    ["noise", "\x16\x03\x01\x02\0 a TLS hello\r\n\r\n", 400],
    ["HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["HTTP/3.7", "GET /health HTTP/3.7\r\nhost: a\r\n\r\n", 400],
    ["a method nobody knows", head("FOO /health"), 400],
    ["a method in small letters", head("get /health"), 400],
    ["no method", head(" /health"), 400],
    ["a head of 100,000 bytes", head("GET /health", { "x-a": "a".repeat(100_000) }), 431],
    ["a path of 100,000 bytes", head(`GET /${"a".repeat(100_000)}`), 431],
    [
      "ten thousand headers",
      head(
        "GET /health",
        Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`x-${i}`, "a"])),
      ),
      431,
    ],
  ])("%s is refused in the API's words, and the connection ends", async (_what, bytes, status) => {
    const answer = await send([bytes], { forMs: 5000 });
    expect({ status: answer.status, end: answer.end === "open" }).toEqual({ status, end: false });
    expect(JSON.parse(answer.body).error).toBe("http_error");
  });

  it.each(["TRACE", "PROPFIND", "OPTIONS", "PATCH", "PURGE", "LINK"])(
    "%s is answered with 404",
    async (method) => {
      for (const path of ["/health", sft, "/"]) {
        const answer = await send([head(`${method} ${path}`, { connection: "close" })]);
        expect({ path, status: answer.status }).toEqual({ path, status: 404 });
        expect(codeOf(answer)).toBe("http_error");
      }
    },
  );

  it("CONNECT and Upgrade get no tunnel", async () => {
    const tunnel = await send([head("CONNECT 127.0.0.1:22")], { forMs: 3000 });
    expect(tunnel.status).not.toBe(200);
    expect(tunnel.end).not.toBe("open");
    const upgrade = { connection: "upgrade, close", upgrade: "websocket" };
    expect((await send([head("GET /ready", upgrade)], { forMs: 3000 })).status).not.toBe(101);
  });

  it("HTTP/1.0 and 0.9 are served, and a whole address in the request line leads nowhere else", async () => {
    for (const version of [" HTTP/1.0", ""]) {
      const old = await send([`GET /ready${version}\r\n\r\n`]);
      expect(old).toMatchObject({ status: 200, end: "closed" });
    }
    // RFC 9112, 3.2.2: it means this server's own path.
    const whole = head("GET http://127.0.0.1:1/ready", { connection: "close" });
    expect((await send([whole])).body).toBe('{"ready":true}');
  });

  it("fifty requests in one go are answered in their order", async () => {
    const paths = Array.from({ length: 49 }, (_, index) => `/nowhere/${index}`);
    const heads = [
      ...paths.map((path) => head(`GET ${path}`)),
      head("GET /last", { connection: "close" }),
    ];
    const { text } = await send([heads.join("")]);
    const answered = [...text.matchAll(/"path":"([^"]+)"/g)].map(([, path]) => path);
    expect(answered).toEqual([...paths, "/last"]);
  });
});

it("after all that the server is well, holds no file, and no answer has told where anything lies", async () => {
  expect(await isWell()).toBe(true);
  await expect.poll(leftovers).toEqual([]);
  leaks.check();
});

async function bytesIn(name: string): Promise<number> {
  const folder = join(server.folder, name);
  const sizes = (await readdir(folder)).map(
    async (one) => (await stat(join(folder, one)).catch(() => undefined))?.size ?? 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
