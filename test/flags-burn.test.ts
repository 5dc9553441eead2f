/** The flags of the output: what each changes in the file that is written. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runJson } from "./support/dub.ts";
import { type FlagBench, kindsOf, openFlagBench } from "./support/flag-bench.ts";
import { packetsOf } from "./support/listen.ts";
import { ffprobe } from "./support/media.ts";

let bench: FlagBench;
beforeAll(async () => {
  bench = await openFlagBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

async function hashes(path: string): Promise<readonly string[]> {
  return (await packetsOf(path, "v:0")).map(({ hash }) => hash);
}

/** The packets of the picture with the subtitles drawn in. */
async function picture(name: string, ...args: readonly string[]): Promise<readonly string[]> {
  const fast = args.includes("--burn-preset") ? [] : ["--burn-preset", "ultrafast"];
  return await hashes(await bench.burn(name, "--burn-mode", "hard", ...fast, ...args));
}

const proofs: Readonly<Record<string, () => Promise<void>>> = {
  async "--output"() {
    expect(await kindsOf(await bench.burn("somewhere.mkv"))).toContain("audio");
    expect((await ffprobe(bench.at("somewhere.mkv"))).format.format_name).toContain("matroska");
  },
  async "--keep-original"() {
    expect(await kindsOf(await bench.burn("kept.mp4", "--keep-original"))).toEqual([
      ...["video", "audio", "audio", "subtitle"],
    ]);
    const args = [
      "burn",
      bench.at("talk.mp4"),
      ...bench.work,
      "-o",
      bench.at("kept.mp3"),
      "--audio-only",
    ];
    const { code, result } = await runJson([...args, "--keep-original"]);
    expect({ code, kinds: await kindsOf(bench.at("kept.mp3")) }).toEqual({
      code: 0,
      kinds: ["audio"],
    });
    expect(result.warnings.join()).toContain("holds one sound");
  },
  async "--audio-only"() {
    expect(await kindsOf(await bench.burn("alone.m4a", "--audio-only"))).toEqual(["audio"]);
    const { code, result } = await runJson([
      "burn",
      bench.at("talk.mp4"),
      ...bench.work,
      "--audio-only",
    ]);
    expect({ code, output: result.output }).toEqual({ code: 0, output: bench.at("talk.es.m4a") });
  },
  async "--burn-mode"() {
    expect(await kindsOf(await bench.burn("off.mp4", "--burn-mode", "off"))).toEqual([
      "video",
      "audio",
    ]);
    expect(await kindsOf(await bench.burn("soft.mp4", "--burn-mode", "soft"))).toContain(
      "subtitle",
    );
    expect(await picture("hard.mp4")).not.toEqual(await hashes(bench.at("soft.mp4")));
  },
  async "--burn-style"() {
    expect(await picture("styled.mp4", "--burn-style", "size=60,box=yes")).not.toEqual(
      await picture("usual.mp4"),
    );
  },
  async "--burn-crf"() {
    const size = async (crf: string): Promise<number> => {
      await picture(`crf-${crf}.mp4`, "--burn-crf", crf);
      return (await readFile(bench.at(`crf-${crf}.mp4`))).length;
    };
    expect(await size("40")).toBeLessThan(0.7 * (await size("18")));
  },
  async "--burn-preset"() {
    expect(await picture("slow.mp4", "--burn-preset", "veryfast")).not.toEqual(
      await picture("fast.mp4"),
    );
  },
};

it.each(Object.entries(proofs))("%s does what its help says", async (_flag, proof) => {
  await proof();
});
