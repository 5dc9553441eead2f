/**
 * The scripts of the document the API was made for, run unchanged against `dubber serve`. They have http://localhost:8000 built in, so this
 * needs that port, and a Python with requests and aiohttp.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ffprobe, level } from "./support/media.ts";
import { missingFile, needs } from "./support/needs.ts";
import { findPython, noPython } from "./support/python.ts";
import { type ServerProcess, startServer } from "./support/server.ts";
import { startFakeCosyvoice } from "./support/services/fake-cosyvoice.ts";

const shared = join(import.meta.dirname, "../../shared");
const document = join(shared, "seeds/004_2f191987511e86bc.md");
const sample = join(shared, "media/speech/jfk.wav");
const port = 8000;
const url = `http://localhost:${port}`;
const statuses = ["pending", "processing", "completed", "failed"];

/** The document's blocks of one language under their headings, as they stand there. */
function blocksOf(language: string): ReadonlyMap<string, string> {
  const text = readFileSync(document, "utf8");
  const sections = text.split(/^#{2,3} /m).map((section) => {
    const [heading = ""] = section.split("\n", 1);
    const [, block] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "ms").exec(section) ?? [];
    return [heading.replace(/^\d+\. /, ""), block] as const;
  });
  return new Map(sections.flatMap(([heading, block]) => (block ? [[heading, block]] : [])));
}

let folder: string;
let stack: AsyncDisposableStack;
const at = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-documented-"));
  stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await expectFree();
});
afterEach(() => stack.disposeAsync());

/** `localhost` may mean either address. */
async function expectFree(): Promise<void> {
  for (const host of ["127.0.0.1", "::1"]) {
    const probe = createServer().listen(port, host);
    try {
      await once(probe, "listening");
    } catch (cause) {
      // A machine may be without the second address.
      if (host === "::1" && (cause as NodeJS.ErrnoException).code !== "EADDRINUSE") continue;
      const message = `Another program has ${host}:${port}, which the documented scripts need.`;
      throw new Error(message, { cause });
    } finally {
      probe.close();
    }
  }
}

/** A fresh server where the document wants it. */
async function serveDocumented(env: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
  const args = ["--port", `${port}`];
  return stack.use(await startServer(at("data"), { args, env, cwd: folder }));
}

const fasterSleep = `
import time
sleep = time.sleep
time.sleep = lambda seconds: sleep(seconds / 20)
`;

async function python(script: string): Promise<readonly string[]> {
  await writeFile(at("script.py"), script);
  // Python runs this first: a script that polls every two seconds does so every tenth of one.
  await writeFile(at("sitecustomize.py"), fasterSleep);
  const program = (await findPython()) as string;
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, PYTHONIOENCODING: "utf-8" },
    PYTHONPATH: folder,
  };
  const ran = await promisify(execFile)(program, ["script.py"], { cwd: folder, env });
  expect(ran.stderr).toBe("");
  return ran.stdout.trimEnd().split("\n");
}

const missing =
  missingFile(document) ?? ((await findPython()) === undefined ? noPython : undefined);

describe("the documented scripts", needs(missing), () => {
  const scripts = missing ? new Map<string, string>() : blocksOf("python");
  const script = (heading: string): string => scripts.get(heading) as string;

  it("are all here", () => {
    expect([...scripts.keys()]).toEqual([
      ...["Basic Async Synthesis", "Zero-shot Async Synthesis", "Multiple Concurrent Tasks"],
      ...["Task Management", "Polling Strategy", "Error Handling", "Batch Processing"],
    ]);
  });

  it("1: speaks, polls, and saves the sound", async () => {
    await serveDocumented();
    const lines = await python(script("Basic Async Synthesis"));
    expect(lines[0]).toMatch(/^Task submitted: task_[0-9a-f]{36}$/);
    const polled = lines.slice(1, -1).map((line) => /^Status: (\w+) - Progress: (.*)%$/.exec(line));
    expect(polled.length).toBeGreaterThan(0);
    expect(polled.filter((found) => !statuses.includes(found?.[1] ?? ""))).toEqual([]);
    expect(polled.at(-1)?.slice(1)).toEqual(["completed", "100.0"]);
    expect(lines.at(-1)).toBe("Audio saved to async_output.wav");
    const { format, streams } = await ffprobe(at("async_output.wav"));
    expect(format.format_name).toBe("wav");
    expect(streams[0]?.codec_name).toBe("pcm_s16le");
    expect(Number(format.duration)).toBeGreaterThan(1);
    expect(await level(at("async_output.wav"), 0, 10)).toBeGreaterThan(-40);
  });

  it("2: sends a recording, and it is spoken like that", async () => {
    await using cosyvoice = await startFakeCosyvoice();
    const server = await serveDocumented({ COSYVOICE_URL: cosyvoice.url });
    const ours = join(import.meta.dirname, "../examples/demo/speech.mp4");
    await copyFile(existsSync(sample) ? sample : ours, at("my_voice_sample.wav"));
    const [line = ""] = await python(script("Zero-shot Async Synthesis"));
    const [, id] = /^Zero-shot task submitted: (task_[0-9a-f]{36})$/.exec(line) ?? [];
    const { status } = await waitFor(server, id as string);
    expect(status).toBe("completed");
    const { json: result } = await server.ask("GET", `/api/v1/async/tasks/${id}/result`);
    const { bytes } = await server.ask("GET", result.audio_url);
    await writeFile(at("cloned.wav"), bytes);
    expect(Number((await ffprobe(at("cloned.wav"))).format.duration)).toBeGreaterThan(1);
    expect(await level(at("cloned.wav"), 0, 10)).toBeGreaterThan(-40);
    const said = "This is zero-shot voice cloning in async mode!";
    const asked = cosyvoice.requests.find(({ text }) => text === said);
    expect(asked).toMatchObject({ path: "/inference_zero_shot" });
    expect(asked?.body).toMatchObject({
      prompt_text: expect.stringContaining("Hello, this is my voice sample."),
      prompt_wav: { bytes: expect.anything() },
    });
  });

  it("3: speaks three texts together", async () => {
    await serveDocumented();
    const lines = await python(script("Multiple Concurrent Tasks"));
    const [submitted, completed] = ["Submitted task ", "Task "].map((start) =>
      lines.filter((line) => line.startsWith(start)),
    );
    expect(submitted).toHaveLength(3);
    expect(submitted?.join("\n")).toMatch(/for: Hello, this is the first synth\.\.\./);
    expect(completed?.map((line) => line.replace(/task_[0-9a-f]{36}/g, "ID"))).toEqual(
      Array.from({ length: 3 }, () => "Task ID completed: /api/v1/audio/ID.wav"),
    );
    expect(lines.at(-1)).toBe("Completed 3 tasks successfully");
  });

  it("4: lists tasks; its placeholder is no task of anybody's, one of its own is cancelled", async () => {
    const server = await serveDocumented({ MAX_SYNTHESIS_WORKERS: "1" });
    // With one worker the last of them still waits when it is cancelled.
    const text = "A long text that is still being spoken. ".repeat(400);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const order = { text, voice_id: "pretrained_voice_001" };
      const { json } = await server.ask("POST", "/api/v1/async/synthesize/sft", order);
      ids.push(json.task_id);
    }
    const listing = script("Task Management");
    const lines = await python(listing);
    expect(lines[0]).toBe("Found 3 recent tasks:");
    const listed = lines.slice(1).map((line) => /^ {2}(\w+): (\w+) \(\d+\.\d%\)$/.exec(line));
    expect(listed.map((found) => found?.[1])).toEqual(ids.toReversed());
    expect(listed.filter((found) => !statuses.includes(found?.[2] ?? ""))).toEqual([]);
    const placeholder = "task_abc123def456";
    const refused = await server.ask("DELETE", `/api/v1/async/tasks/${placeholder}`);
    expect(refused).toMatchObject({ status: 404, json: { error: "task_not_found" } });

    const own = ids.at(-1) as string;
    expect((await python(listing.replace(placeholder, own))).at(-1)).toBe(
      `Task ${own} cancelled successfully`,
    );
    expect(await waitFor(server, own)).toMatchObject({
      ...{ status: "failed", error: "Task cancelled by user", cancelled: true },
    });
  });

  it("and its best practices wait, tell errors, and speak a batch", async () => {
    await serveDocumented();
    const practices = ["Polling Strategy", "Error Handling", "Batch Processing"].map(script);
    const driver = `
import json
task = requests.post("${url}/api/v1/async/synthesize/sft", json={"text": "Wait for me.", "voice_id": "pretrained_voice_001"}).json()
print(json.dumps(wait_for_task(task["task_id"])))
print(json.dumps(safe_synthesis("Safe and sound.", "pretrained_voice_001")))
print(json.dumps(safe_synthesis("Who says this?", "nobody")))
texts = [f"This is text number {n} of seven." for n in range(1, 8)]
print(json.dumps(process_batch(texts, "pretrained_voice_001")))
`;
    const lines = await python(["import requests\n", ...practices, driver].join("\n"));
    const [waited, safe, refusal, nothing, batch] = lines.map((line) =>
      line.startsWith("HTTP error") ? line : JSON.parse(line),
    );
    expect(waited).toMatchObject({ status: "completed", progress: 1 });
    expect(safe).toMatchObject({ success: true, format: "wav", duration: expect.any(Number) });
    expect(refusal).toMatch(/^HTTP error: 404 /);
    expect(nothing).toBeNull();
    expect(batch).toHaveLength(7);
    expect(new Set(batch.map(({ audio_url }: { audio_url: string }) => audio_url)).size).toBe(7);
  });
});

describe("the documented configuration", needs(missingFile(document)), () => {
  it("starts the server, remarks and all, and its health is the documented answer", async () => {
    const settings = blocksOf("bash").get("Configuration") as string;
    expect(settings).toContain("MAX_SYNTHESIS_WORKERS=4");
    await writeFile(at(".env"), settings);
    const server = await serveDocumented();
    const health = blocksOf("json").get("Monitoring") as string;
    const [command = ""] = blocksOf("bash").get("Monitoring")?.split("\n") ?? [];
    expect(command).toBe(`curl ${url}/health`);
    const { stdout } = await promisify(execFile)("curl", ["--silent", `${url}/health`]);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(health));
    expect(Object.keys(JSON.parse(stdout))).toEqual(Object.keys(JSON.parse(health)));
    const { stderr, code } = await server.stop();
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/\.env/);
    expect(await readFile(at(".env"), "utf8")).toBe(settings);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: a status is looked into.
async function waitFor(server: ServerProcess, id: string): Promise<any> {
  for (;;) {
    const { json } = await server.ask("GET", `/api/v1/async/tasks/${id}/status?wait=10`);
    if (!["pending", "processing"].includes(json.status)) return json;
  }
}
