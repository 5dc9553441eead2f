import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { longOrShort } from "../../test/support/long-or-short.ts";
import { needs } from "../../test/support/needs.ts";
import type { Call } from "../core/call.ts";
import type { Slot } from "../core/segment.ts";
import type { SpeechDetector } from "./recognizer.ts";
import { openSileroDetector } from "./silero.ts";
import {
  concat,
  gtcrnPath,
  inPieces,
  jfkPath,
  jfkPhrases,
  mediaMissing,
  readSound,
  sileroPath,
} from "./testing/real-media.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** With a detector of its own. */
async function detect(
  pieces: AsyncIterable<Int16Array>,
  { model = sileroPath, signal }: { model?: string; signal?: AbortSignal } = {},
): Promise<Slot[]> {
  await using detector = await openSileroDetector({ model });
  return await detectWith(detector, pieces, signal === undefined ? {} : { signal });
}

async function detectWith(
  detector: SpeechDetector,
  pieces: AsyncIterable<Int16Array>,
  call: Call = {},
): Promise<Slot[]> {
  const found: Slot[] = [];
  for await (const { speech } of detector.detect(pieces, call)) found.push(...speech);
  return found;
}
/** Processes that this one has started and that run sherpa-onnx. */
function children(): readonly number[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, parent, ...rest]) => parent === `${process.pid}` && /sherpa-engine/.test(rest.join()),
    )
    .map(([pid]) => Number(pid));
}

describe("the silero detector", needs(mediaMissing), () => {
  let detector: SpeechDetector;
  beforeAll(async () => {
    detector = await openSileroDetector({ model: sileroPath });
  });
  afterAll(() => detector[Symbol.asyncDispose]());

  it("places the phrases of real speech within 50 ms", async () => {
    const found = await detectWith(detector, inPieces(await readSound("-i", jfkPath), 16_000));
    expect(found).toHaveLength(jfkPhrases.length);
    for (const [index, phrase] of jfkPhrases.entries()) {
      expect(Math.abs((found[index] as Slot).start - phrase.start)).toBeLessThanOrEqual(0.05);
      expect(Math.abs((found[index] as Slot).end - phrase.end)).toBeLessThanOrEqual(0.05);
    }
  });

  it("finds the same in a longer sound, however it is cut into pieces", async () => {
    const jfk = await readSound("-i", jfkPath);
    const sound = concat(jfk, jfk, jfk);
    const found = await detectWith(detector, inPieces(sound, 5000, 77));
    expect(found).toEqual(await detectWith(detector, inPieces(sound, sound.length)));
    expect(found).toHaveLength(3 * jfkPhrases.length);
    for (const [index, { start, end }] of found.entries()) {
      const phrase = jfkPhrases[index % jfkPhrases.length] as Slot;
      const offset = Math.floor(index / jfkPhrases.length) * (jfk.length / 16_000);
      // The model hears in steps of 32 ms, which lie elsewhere in each repetition.
      expect(Math.abs(start - offset - phrase.start)).toBeLessThanOrEqual(0.066);
      expect(Math.abs(end - offset - phrase.end)).toBeLessThanOrEqual(0.066);
    }
  });

  it("finds phrases in a noise 20 dB below them", async () => {
    const sound = await readSound(
      ...["-i", jfkPath, "-f", "lavfi", "-i", "anoisesrc=d=11:a=0.02:seed=3"],
      ...["-filter_complex", "amix=inputs=2:normalize=0:duration=first"],
    );
    const found = await detectWith(detector, inPieces(sound, 16_000));
    for (const phrase of jfkPhrases) {
      const nearest = Math.min(...found.map(({ start }) => Math.abs(start - phrase.start)));
      expect(nearest).toBeLessThanOrEqual(0.06);
    }
  });

  it("finds no speech in silence, noise and a chord", async () => {
    const chord = "aevalsrc='0.2*(sin(1382*t)+sin(1741*t)+sin(2071*t))*(0.6+0.4*sin(12*t))':d=10";
    const sounds = [
      new Int16Array(16_000 * 10),
      await readSound("-f", "lavfi", "-i", "anoisesrc=d=10:a=0.1:seed=1"),
      await readSound("-f", "lavfi", "-i", chord),
    ];
    for (const sound of sounds)
      expect(await detectWith(detector, inPieces(sound, 16_000))).toEqual([]);
    expect(await detectWith(detector, inPieces(new Int16Array(0), 1))).toEqual([]);
  });
});

describe("the child of the silero detector", needs(mediaMissing), () => {
  it.each([
    ["resting", 0],
    ["working", 30],
  ])("may be killed while it is %s: the answer is the same", async (_, afterMs) => {
    const jfk = await readSound("-i", jfkPath);
    const sound = concat(...Array.from({ length: longOrShort(12, 4) }, () => jfk));
    const killed = new Set<number>();
    const kill = () => {
      for (const pid of children()) {
        if (killed.size < 3) process.kill(pid, "SIGKILL");
        killed.add(pid);
      }
    };
    async function* pieces() {
      let second = 0;
      for await (const piece of inPieces(sound, 16_000)) {
        // A block is asked about as soon as its last second, and the one after it, are there.
        second += 1;
        if (second % 20 === 1 && second > 20) {
          if (afterMs > 0) setTimeout(kill, afterMs);
          else kill();
        }
        yield piece;
      }
    }
    const found = await detect(pieces());
    expect(killed.size).toBeGreaterThan(0);
    expect(found).toEqual(await detect(inPieces(sound, 16_000)));
  });

  it("stops at once, with the signal's own reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    async function* endless() {
      for (let second = 0; ; second++) {
        if (second === 50) controller.abort(reason);
        yield new Int16Array(16_000);
      }
    }
    await expect(detect(endless(), { signal: controller.signal })).rejects.toBe(reason);
    expect(children()).toEqual([]);
  });
});

describe("a model file that is none", needs(mediaMissing), () => {
  const second = () => inPieces(new Int16Array(16_000), 16_000);
  const made = async (name: string, content: Uint8Array | string) => {
    await writeFile(join(directory, name), content);
    return join(directory, name);
  };
  const refused = [
    ["missing", "model_missing", async () => join(directory, "no.onnx")],
    ["empty", "model_corrupt", () => made("empty.onnx", "")],
    ["a text", "model_corrupt", () => made("text.onnx", "<html>Not found</html>".repeat(20))],
    ["a sound", "model_corrupt", async () => made("wav.onnx", await readFile(jfkPath))],
    [
      "a folder",
      "unreadable",
      async () => {
        await mkdir(join(directory, "folder.onnx"));
        return join(directory, "folder.onnx");
      },
    ],
  ] as const;
  it.each(refused)("%s is refused as %s, before native code sees it", async (_, code, make) => {
    const model = await make();
    await expect(detect(second(), { model })).rejects.toMatchObject({
      name: "DubberError",
      code,
      message: expect.stringContaining(model),
    });
  });

  const fatal = [
    ["cut in the middle", async () => (await readFile(sileroPath)).subarray(0, 100_000)],
    ["damaged", async () => damaged(await readFile(sileroPath))],
    ["of another kind", async () => await readFile(gtcrnPath)],
  ] as const;
  it.each(fatal)("%s ends the child, and nothing else", async (_, content) => {
    const model = await made("model.onnx", await content());
    await expect(detect(second(), { model })).rejects.toMatchObject({
      name: "DubberError",
      code: "engine_unavailable",
      message: expect.stringContaining("The speech detector silero does not start"),
      hint: expect.stringContaining("dubber models verify"),
    });
    expect(children()).toEqual([]);
  });

  function damaged(content: Buffer): Buffer {
    return Buffer.from(content.map((byte, index) => (index > 500 && index < 3000 ? ~byte : byte)));
  }
});
