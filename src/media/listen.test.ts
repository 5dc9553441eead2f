import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foundTools } from "../../test/support/found-tools.ts";
import type { Slot } from "../core/segment.ts";
import type { SoundPiece } from "../core/sound.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import { listenTo } from "./listen.ts";
import { type MediaInfo, probe } from "./probe.ts";
import { silenceLog } from "./silence-log.ts";
import type { Tools } from "./tools.ts";

const speech = resolve(import.meta.dirname, "../../../shared/media/speech/jfk.wav");
let tools: Tools;
let directory: string;
const at = (name: string): string => join(directory, name);

beforeAll(async () => {
  tools = await foundTools();
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A tone that sounds only in `slots`. */
async function toneIn(name: string, slots: readonly Slot[], seconds: number): Promise<MediaInfo> {
  const sounds = slots.map(({ start, end }) => `between(t,${start},${end})`).join("+");
  const tone = `aevalsrc='0.3*sin(2*PI*440*t)*(${sounds})':s=48000:d=${seconds}`;
  await runFfmpeg(tools, ["-f", "lavfi", "-i", tone, localFile(at(name))]);
  return await probe(tools, at(name));
}
async function listen(info: MediaInfo, duration = info.duration): Promise<SoundPiece[]> {
  return await all(listenTo(tools, { path: info.path, info, duration }));
}
async function all(pieces: AsyncIterable<SoundPiece>): Promise<SoundPiece[]> {
  const held: SoundPiece[] = [];
  for await (const piece of pieces) held.push(piece);
  return held;
}
/** As they were told, joined where they touch. */
function silencesOf(pieces: readonly SoundPiece[]): Slot[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of pieces.flatMap(({ silences }) => silences)) {
    const last = joined.at(-1);
    if (last !== undefined && start - last.end < 1e-6) last.end = end;
    else joined.push({ start, end });
  }
  return joined;
}

describe("listenTo", () => {
  it("gives pieces of a second that follow each other, and exactly the samples asked for", async () => {
    const info = await toneIn("tone.wav", [{ start: 0, end: 9 }], 3.3);
    for (const duration of [3.3, 2.00003, 4.5]) {
      const pieces = await listen(info, duration);
      let samples = 0;
      for (const piece of pieces) {
        expect(piece.start).toBe(samples / 16_000);
        samples += piece.samples.length;
      }
      expect(samples).toBe(Math.round(duration * 16_000));
      expect(pieces.slice(0, -1).every((one) => one.samples.length === 16_000)).toBe(true);
    }
  });

  it("tells where it is silent, each stretch once and no later than a piece after it began", async () => {
    const slots = [
      { start: 0.5, end: 1.9 },
      { start: 2.5, end: 3.1 },
      { start: 6.4, end: 7 },
    ];
    const pieces = await listen(await toneIn("gaps.wav", slots, 9.5));
    const expected = [
      [0, 0.5],
      [1.9, 2.5],
      [3.1, 6.4],
      [7, 9.5],
    ];
    const silences = silencesOf(pieces);
    expect(silences).toHaveLength(expected.length);
    for (const [index, { start, end }] of silences.entries()) {
      expect(start).toBeCloseTo(expected[index]?.[0] ?? -1, 1);
      expect(end).toBeCloseTo(expected[index]?.[1] ?? -1, 1);
    }
    for (const { start, samples, silences } of pieces) {
      for (const slot of silences) {
        expect(slot.end).toBeLessThanOrEqual(start + samples.length / 16_000);
        expect(slot.end).toBeGreaterThan(start - 0.26);
      }
    }
  });

  it("keeps sound that starts late in its place", async () => {
    const args = ["-f", "lavfi", "-i", "testsrc=s=160x90:r=25:d=3", "-itsoffset", "1.5"];
    const tone = ["-f", "lavfi", "-i", "sine=f=440:r=48000:d=1.5"];
    await runFfmpeg(tools, [...args, ...tone, localFile(at("late.mkv"))]);
    const pieces = await listen(await probe(tools, at("late.mkv")));
    const sound = pieces.flatMap(({ samples }) => [...samples]);
    expect(sound.findIndex((one) => Math.abs(one) > 400) / 16_000).toBeCloseTo(1.5, 1);
  });

  it("hears the phrases of real speech", async ({ skip }) => {
    if (!existsSync(speech)) skip(`${speech} is not there`);
    const pieces = await listen(await probe(tools, speech));
    const silences = silencesOf(pieces);
    // Between the phrases, a noisy recording of 1961: 0.30–2.28, 3.28–4.42, 5.39–7.69, 8.18–10.57 s.
    for (const pause of [2.5, 4.7]) {
      expect(silences.some(({ start, end }) => start < pause && end > pause)).toBe(true);
    }
    for (const word of [1, 3.6, 6.5, 9]) {
      expect(silences.some(({ start, end }) => start < word && end > word)).toBe(false);
    }
  });

  it("leaves ffmpeg waiting while the reader does, and ends it when the reader stops", async () => {
    // Writes its process id, then becomes ffmpeg.
    const script = `#!/bin/sh\necho $$ > ${at("pid")}\nexec ${tools.ffmpeg} "$@"\n`;
    await writeFile(at("ffmpeg"), script);
    await chmod(at("ffmpeg"), 0o755);
    const own = { ...tools, ffmpeg: at("ffmpeg") };
    const info = await toneIn("long.wav", [{ start: 0, end: 999 }], 60);
    for await (const piece of listenTo(own, { path: info.path, info, duration: 36_000 })) {
      // Ten hours are asked for; ffmpeg would be through with them long before the test ends.
      if (piece.start >= 3) break;
    }
    const pid = Number(await readFile(at("pid"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow();
  });

  it("throws the signal's own reason, whether it is reading or waiting", async () => {
    const info = await toneIn("abort.wav", [{ start: 0, end: 9 }], 5);
    const ending = new AbortController();
    const reason = new Error("enough");
    const pieces = listenTo(
      tools,
      { path: info.path, info, duration: 36_000 },
      { signal: ending.signal },
    );
    await pieces.next();
    const next = pieces.next().then(() => pieces.next());
    ending.abort(reason);
    await expect(next.then(() => all(pieces))).rejects.toBe(reason);
    const again = listenTo(
      tools,
      { path: info.path, info, duration: 5 },
      { signal: ending.signal },
    );
    await expect(again.next()).rejects.toBe(reason);
  });

  it("says what is wrong with a file, a stream or the tool", async () => {
    const info = await toneIn("fine.wav", [{ start: 0, end: 1 }], 1);
    const base = { path: info.path, info, duration: 1 };
    await expect(all(listenTo(tools, { ...base, stream: 7 }))).rejects.toMatchObject({
      code: "invalid_media",
    });
    await writeFile(at("damaged.wav"), "no sound at all");
    const damaged = listenTo(tools, { ...base, path: at("damaged.wav") });
    await expect(all(damaged)).rejects.toMatchObject({
      code: "tool_failed",
      message: expect.stringContaining("damaged.wav"),
    });
    const missing = listenTo({ ...tools, ffmpeg: at("nowhere") }, base);
    await expect(all(missing)).rejects.toMatchObject({ code: "missing_tool" });
  });
});

describe("silenceLog", () => {
  it("reads only what silencedetect itself reports", () => {
    const log = silenceLog();
    expect(log.read("    title  : [silencedetect @ 0x1] silence_start: 0")).toBe(false);
    expect(log.read("[mp3 @ 0x1] silence_start: 0")).toBe(false);
    expect(log.before(10)).toEqual([]);
    expect(log.read("[silencedetect @ 0x55d0] silence_start: -0.01")).toBe(true);
    expect(log.before(1)).toEqual([{ start: 0, end: 1 }]);
    expect(log.read("[silencedetect @ 0x55d0] silence_end: 3.5 | silence_duration: 3.51")).toBe(
      true,
    );
    expect(log.before(2)).toEqual([{ start: 1, end: 2 }]);
    expect(log.before(9)).toEqual([{ start: 2, end: 3.5 }]);
    expect(log.before(10)).toEqual([]);
  });
});
