import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foundTools } from "../../test/support/found-tools.ts";
import { linux, needs } from "../../test/support/needs.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import type { Tools } from "./tools.ts";

let tools: Tools;
let directory: string;
beforeAll(async () => {
  tools = await foundTools();
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const endless = ["-re", "-f", "lavfi", "-i", "sine=d=600", "-f", "null", "-"];

describe("runFfmpeg", () => {
  it("reports progress in seconds of the output", async () => {
    const seen: number[] = [];
    const args = ["-f", "lavfi", "-i", "sine=d=2", localFile(join(directory, "a.wav"))];
    await runFfmpeg(tools, args, { onProgress: (seconds) => seen.push(seconds) });
    expect(seen.at(-1)).toBeCloseTo(2, 1);
  });

  it("has ended the child when a cancelled call throws the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = runFfmpeg(tools, endless, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(run).rejects.toBe(reason);
  });

  it("starts nothing when the signal has already been aborted", async () => {
    const reason = new Error("before");
    const path = join(directory, "never.wav");
    const args = ["-f", "lavfi", "-i", "sine=d=1", localFile(path)];
    await expect(runFfmpeg(tools, args, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    await expect(stat(path)).rejects.toThrow();
  });

  it("gives ffmpeg's last lines with the error", async () => {
    const run = runFfmpeg(tools, ["-i", localFile("/no/such.mp4"), "-f", "null", "-"]);
    await expect(run).rejects.toMatchObject({
      code: "tool_failed",
      retryable: false,
      message: expect.stringContaining("No such file or directory"),
    });
  });

  it("calls a child that somebody killed retryable", async () => {
    // A stand-in that is killed by a signal, as by the kernel when memory runs out.
    const run = runFfmpeg({ ...tools, ffmpeg: await script("kill -9 $$") }, endless);
    await expect(run).rejects.toMatchObject({ code: "tool_failed", retryable: true });
  });

  it("recognises a full disk", needs(linux), async () => {
    const args = ["-f", "lavfi", "-i", "sine=d=3", "-f", "wav", "file:/dev/full"];
    await expect(runFfmpeg(tools, args)).rejects.toMatchObject({ code: "disk_full" });
  });

  it("says so when this ffmpeg lacks an encoder", async () => {
    const args = ["-f", "lavfi", "-i", "sine=d=1", "-c:a", "no_such_encoder", "-f", "null", "-"];
    await expect(runFfmpeg(tools, args)).rejects.toMatchObject({
      code: "missing_tool",
      message: expect.stringContaining("no_such_encoder"),
    });
  });

  it("feeds stdin from an iterable, and survives a child that stops reading", async () => {
    async function* samples(): AsyncGenerator<Uint8Array> {
      for (let block = 0; block < 50; block++) yield new Uint8Array(96_000);
    }
    const pcm = ["-f", "s16le", "-ar", "48000", "-ac", "1", "-i", "pipe:0"];
    const path = join(directory, "fed.wav");
    await runFfmpeg(tools, [...pcm, "-t", "1", localFile(path)], { input: samples() });
    expect((await stat(path)).size).toBeGreaterThan(96_000);
  });

  it("passes on what the input throws", async () => {
    const failure = new Error("broken source");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1000);
      throw failure;
    }
    const pcm = ["-f", "s16le", "-ar", "48000", "-ac", "1", "-i", "pipe:0", "-f", "null", "-"];
    await expect(runFfmpeg(tools, pcm, { input: broken() })).rejects.toBe(failure);
  });
});

async function script(line: string): Promise<string> {
  const path = join(directory, "stand-in");
  await writeFile(path, `#!/bin/sh\n${line}\n`);
  await chmod(path, 0o755);
  return path;
}
