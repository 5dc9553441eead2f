import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { foundTools } from "../../../test/support/found-tools.ts";
import { longOrShort } from "../../../test/support/long-or-short.ts";
import { DubberError } from "../../core/error.ts";
import { hashBytes } from "../../core/hash.ts";
import { probe } from "../../media/probe.ts";
import { encodeSoundFile } from "../../media/sound-file.ts";
import type { Tools } from "../../media/tools.ts";
import type { FileStore } from "../files/contract.ts";
import { openDiskFiles } from "../files/disk-files.ts";
import type { SpeechJob } from "./job.ts";
import { resultWriter, type Sound, type WriteResult } from "./result-file.ts";

let tools: Tools;
let root: string;
let folder: string;
let files: FileStore;
let write: WriteResult;
beforeAll(async () => {
  tools = await foundTools();
  root = await mkdtemp(join(tmpdir(), "dubber-results-"));
  files = await openDiskFiles(join(root, "files"));
});
beforeEach(async () => {
  folder = await mkdtemp(join(root, "making-"));
  write = resultWriter({
    ...{ files, folder },
    encode: (file, call) => encodeSoundFile(tools, file, call),
  });
});
afterEach(async () => {
  expect(await readdir(folder)).toEqual([]);
  for await (const name of files.names()) await files.remove(name);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const tone = (length: number): Int16Array =>
  Int16Array.from({ length }, (_, at) => Math.round(9000 * Math.sin(at / 12)));
const contentOf = async (name: string) => buffer((await files.read(name)) as Readable);
const formats = [
  "wav",
  "pcm",
  "mp3",
  "flac",
  "opus",
  "aac",
] as const satisfies SpeechJob["format"][];
/** In one piece, and in several that come one after the other. */
const soundsOf = (samples: Int16Array, sampleRate: number): readonly Sound[] => [
  { sampleRate, samples: [samples] },
  {
    sampleRate,
    samples: (async function* () {
      for (let at = 0; at < samples.length; at += 7001) yield samples.subarray(at, at + 7001);
    })(),
  },
];

describe("a result", () => {
  it.each(formats)("in %s has true facts, in one piece or in many", async (format) => {
    const sounds = soundsOf(tone(36_000), 24_000);
    for (const [at, sound] of longOrShort(sounds, sounds.slice(1)).entries()) {
      const result = await write({ taskId: `task_${at}`, format, sound }, {});
      expect(result).toMatchObject({
        file: `task_${at}.${format}`,
        format,
        duration: 1.5,
        sampleRate: 24_000,
      });
      const bytes = await contentOf(result.file);
      expect(result.bytes).toBe(bytes.length);
      expect(result.sha256).toBe(hashBytes(bytes));
      if (format === "pcm") {
        expect(new Int16Array(Uint8Array.from(bytes).buffer)).toEqual(tone(36_000));
        continue;
      }
      const { path } = await files.local(result.file);
      const { duration, audio } = await probe(tools, path);
      expect(duration).toBeGreaterThan(1.45);
      expect(duration).toBeLessThan(1.62);
      expect(audio).toMatchObject([{ channels: 1 }]);
    }
  });

  it("says the rate its file has, where the format does not know the engine's", async () => {
    const sound = { sampleRate: 23_000, samples: [tone(23_000)] };
    const result = await write({ taskId: "task_1", format: "mp3", sound }, {});
    const { path } = await files.local(result.file);
    expect((await probe(tools, path)).audio[0]?.sampleRate).toBe(result.sampleRate);
    expect(result.duration).toBe(1);
  });

  it("of many megabytes is the same", async () => {
    const samples = tone(2_500_000);
    const facts: unknown[] = [];
    for (const sound of soundsOf(samples, 16_000)) {
      const { bytes, sha256, duration } = await write(
        { taskId: "task_1", format: "wav", sound },
        {},
      );
      facts.push({ bytes, sha256, duration });
    }
    expect(facts[0]).toEqual(facts[1]);
    expect(facts[0]).toMatchObject({ bytes: 5_000_044, duration: 156.25 });
  });

  it("replaces the one of an interrupted turn before", async () => {
    for (const length of [9000, 5000]) {
      const sound = { sampleRate: 16_000, samples: [tone(length)] };
      const result = await write({ taskId: "task_1", format: "flac", sound }, {});
      expect(result.bytes).toBe((await contentOf("task_1.flac")).length);
    }
  });

  it.each(formats)("in %s is not there when its sound breaks off", async (format) => {
    const broken = new DubberError("engine_failed", "Broken.");
    const samples = (async function* () {
      yield tone(20_000);
      throw broken;
    })();
    const writing = write({ taskId: "task_1", format, sound: { sampleRate: 16_000, samples } }, {});
    await expect(writing).rejects.toBe(broken);
    expect(await files.stat(`task_1.${format}`)).toBeUndefined();
  });

  it("is not there when it is called off, when its encoder fails, or when it cannot be stored", async () => {
    const stop = new AbortController();
    const reason = new Error("cancelled");
    const samples = (async function* () {
      for (;;) {
        yield tone(20_000);
        stop.abort(reason);
      }
    })();
    const sound = { sampleRate: 16_000, samples };
    await expect(write({ taskId: "task_1", format: "mp3", sound }, stop)).rejects.toBe(reason);

    const failing = resultWriter({
      ...{ files, folder },
      encode: async () => {
        throw new DubberError("tool_failed", "ffmpeg failed.");
      },
    });
    const one = { sampleRate: 16_000, samples: [tone(100)] };
    await expect(
      failing({ taskId: "task_1", format: "mp3", sound: one }, {}),
    ).rejects.toMatchObject({
      code: "tool_failed",
    });

    const full = new DubberError("disk_full", "full");
    const fail = async () => {
      throw full;
    };
    const unstored = resultWriter({
      ...{ files: { ...files, put: fail, write: fail }, folder },
      encode: (file, call) => encodeSoundFile(tools, file, call),
    });
    for (const format of ["mp3", "wav"] as const) {
      await expect(unstored({ taskId: "task_1", format, sound: one }, {})).rejects.toBe(full);
    }
    expect(await Array.fromAsync(files.names())).toEqual([]);
  });
});
