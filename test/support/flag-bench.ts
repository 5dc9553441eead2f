/** One small dub that the tests of the flags plan, mix and write again with other flags. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { PlanFile } from "../../src/pipeline/plan-file.ts";
import { type Run, readPlanIn, runJson } from "./dub.ts";
import { ffmpeg, ffprobe } from "./media.ts";

export type FlagBench = AsyncDisposable & {
  at(...names: string[]): string;
  /** `--to es --workdir …` of the one dub. */
  readonly work: readonly string[];
  /** Its plan: one line per subtitle. */
  readonly planned: PlanFile;
  /** Plans and mixes its text again; one line per subtitle unless the arguments say otherwise. */
  synth(...args: readonly string[]): Promise<PlanFile>;
  /** Writes it to `name` as it was last mixed. */
  burn(name: string, ...args: readonly string[]): Promise<string>;
  /** The same video in a work directory of its own. */
  fresh(command: "dub" | "prep", name: string, ...args: readonly string[]): Promise<Run>;
};

const cue = (start: string, end: string, text: string): string =>
  `00:00:0${start} --> 00:00:0${end}\n${text}\n\n`;
/** A line too long for its slot that pushes the next, a short one in a long slot, a long one before a silence. */
const said =
  cue("0.000", "1.500", "Hola, esto es una prueba bastante larga.") +
  cue("1.500", "2.900", "Hoy hablamos de los puentes.") +
  cue("4.050", "5.400", "Sí.") +
  cue("6.200", "7.200", "Mañana hablamos de los caminos.");

/** Makes the video and its texts, and dubs it once. */
export async function openFlagBench(): Promise<FlagBench> {
  const folder = await mkdtemp(join(tmpdir(), "dubber-flags-"));
  const at = (...names: string[]): string => join(folder, ...names);
  const work = ["--to", "es", "--workdir", at("work")];
  await writeFile(at("talk.vtt"), `WEBVTT\n\n${said}`);
  const two = cue("0.500", "2.500", "<v Ann>Hola.") + cue("3.000", "5.000", "<v Bob>Adiós.");
  await writeFile(at("who.vtt"), `WEBVTT\n\n${two}`);
  await writeFile(
    at("original.srt"),
    "1\n00:00:00,300 --> 00:00:02,900\nHallo, das ist ein Test.\n",
  );
  const tone = (hz: number): string[] => [
    ...["-f", "lavfi", "-i", `sine=f=${hz}:r=48000:d=9,volume=0.2,aformat=channel_layouts=stereo`],
  ];
  await ffmpeg(
    ...["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=9", ...tone(300), ...tone(3000)],
    ...["-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-preset", "ultrafast"],
    ...["-pix_fmt", "yuv420p", "-c:a", "aac", at("talk.mp4")],
  );
  const usual = ["--align-mode", "segment", "--loudness", "off"];
  async function run(...args: readonly string[]): Promise<void> {
    const { code, result } = await runJson(args);
    expect({ code, error: result.error }).toEqual({ code: 0 });
  }
  await run("dub", at("talk.mp4"), ...work, "--subs", at("talk.vtt"), ...usual);
  return {
    at,
    work,
    planned: await readPlanIn(at("work/es")),
    async synth(...args) {
      await run("synth", at("talk.mp4"), ...work, ...usual, ...args);
      return await readPlanIn(at("work/es"));
    },
    async burn(name, ...args) {
      await run("burn", at("talk.mp4"), ...work, "-o", at(name), ...args);
      return at(name);
    },
    async fresh(command, name, ...args) {
      const out = command === "dub" ? ["--loudness", "off", "-o", at(`${name}.mp4`)] : [];
      return await runJson([command, at("talk.mp4"), "--workdir", at(name), ...args, ...out]);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function kindsOf(path: string): Promise<readonly string[]> {
  return (await ffprobe(path)).streams.map(({ codec_type }) => codec_type);
}
