/** However loud the original is and whatever codec the file carries: −14 LUFS, and no true peak above −1 dBTP. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dubSmall, runJson } from "./support/dub.ts";
import { longOrShort } from "./support/long-or-short.ts";
import { ffmpeg, loudness } from "./support/media.ts";

let folder: string;
const at = (name: string): string => join(folder, name);

/** A noise at the edge of full scale, a whisper of one, and short full-scale spikes over near silence. */
const originals = {
  loud: "anoisesrc=c=pink:a=1:r=48000:d=5:seed=1,volume=6dB",
  quiet: "anoisesrc=c=pink:a=0.004:r=48000:d=5:seed=2",
  spiky:
    "aevalsrc='if(lt(mod(t,0.5),0.0004),0.99*sgn(sin(2*PI*7000*t)),0.002*sin(2*PI*300*t))':s=48000:d=5",
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-loudness-"));
  await writeFile(
    at("talk.es.srt"),
    "1\n00:00:00,500 --> 00:00:02,400\nHola, esto es una prueba.\n\n2\n00:00:02,600 --> 00:00:04,800\n¡Qué ruido tan fuerte!\n",
  );
  const picture = ["-f", "lavfi", "-i", "color=s=64x64:r=10:d=5"];
  await Promise.all(
    Object.entries(originals).map(([name, source]) =>
      ffmpeg(
        ...[...picture, "-f", "lavfi", "-i", `${source},aformat=channel_layouts=stereo`],
        ...["-c:v", "mpeg4", "-c:a", "pcm_s16le", at(`${name}.mkv`)],
      ),
    ),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is measured, and whether it is as it has to be. */
async function measure(path: string): Promise<{ readonly isGood: boolean; readonly text: string }> {
  const { integrated, truePeak } = await loudness(path);
  const isGood = Math.abs(integrated + 14) <= 1 && truePeak <= -1;
  return { isGood, text: `${basename(path)}: ${integrated} LUFS, ${truePeak} dBTP` };
}

const backgrounds = ["duck", "keep"];
const extensions = [".opus", ".mp3", ".flac"];

describe.each(Object.keys(originals))("over a %s original", (name) => {
  const first = Object.keys(originals).indexOf(name);
  const usual = backgrounds[first % 2] as string;

  it.each(longOrShort(backgrounds, [usual]))(
    "with --background %s, in whatever codec",
    async (background) => {
      const second = backgrounds.indexOf(background);
      const one = extensions[(first + second) % extensions.length] as string;
      const out = at(`${name}-${background}.mp4`);
      await dubSmall(folder, `${name}.mkv`, ["--background", background, "-o", out]);
      const measured = [await measure(out)];
      for (const extension of longOrShort(extensions, [one])) {
        const sound = at(`${name}-${background}${extension}`);
        const args = ["burn", at(`${name}.mkv`), "--to", "es", "--audio-only", "-o", sound];
        const { code } = await runJson([...args, "--workdir", at(`work-${name}.mkv`)]);
        expect(code).toBe(0);
        measured.push(await measure(sound));
      }
      expect(measured.filter(({ isGood }) => !isGood).map(({ text }) => text)).toEqual([]);
    },
  );
});
