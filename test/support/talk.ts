/** A small video with as many subtitles as a test wants, for dubs whose lines a fake service speaks. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quickMix } from "./dub.ts";
import { makeVideo } from "./media.ts";

export type Talk = AsyncDisposable & {
  readonly folder: string;
  at(...names: string[]): string;
  readonly video: string;
  readonly subs: string;
  /** One subtitle each; longer ones and shorter ones, none equal to another. */
  readonly texts: readonly string[];
  /** Library options for one line per subtitle, in a work directory inside the folder. */
  readonly options: {
    readonly video: string;
    readonly subs: string;
    readonly to: string;
    readonly workdir: string;
    readonly output: string;
    /** WAV: these tests are about what is spoken, and encoding takes longest. */
    readonly audioOnly: true;
    readonly alignMode: "segment";
    readonly background: "off";
    readonly loudness: "off";
  };
  /** The same for the command line. */
  readonly args: readonly string[];
  /** An environment without keys, with a cache of its own. */
  readonly env: Readonly<Record<string, string>>;
};

const secondsEach = 2;

/** Makes a video of two seconds a line, and its subtitles in Spanish. */
export async function makeTalk({ lines = 8, name = "talk" } = {}): Promise<Talk> {
  const folder = await mkdtemp(join(tmpdir(), "dubber-talk-"));
  const at = (...names: string[]): string => join(folder, ...names);
  const texts = Array.from(
    { length: lines },
    (_, index) => `Línea ${index + 1}${" y más".repeat((index * 5) % 4)}.`,
  );
  const cues = texts.map((text, index) => {
    const [start, end] = [stamp(index * secondsEach), stamp((index + 1) * secondsEach - 0.1)];
    return `${index + 1}\n${start} --> ${end}\n${text}\n`;
  });
  await writeFile(at(`${name}.es.srt`), cues.join("\n"));
  await makeVideo(at(`${name}.mp4`), { seconds: lines * secondsEach });
  const [video, subs, workdir] = [at(`${name}.mp4`), at(`${name}.es.srt`), at("work")];
  const output = at("out.wav");
  return {
    ...{ folder, at, video, subs, texts },
    options: {
      ...{ video, subs, to: "es", workdir, output, audioOnly: true },
      ...{ alignMode: "segment", background: "off", loudness: "off" },
    },
    args: [
      ...[video, "--subs", subs, "--to", "es", "--workdir", workdir, "-o", output],
      ...["--audio-only", "--align-mode", "segment", ...quickMix],
    ],
    env: { PATH: process.env.PATH ?? "", HOME: folder, XDG_CACHE_HOME: at("cache") },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function stamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 23).replace(".", ",");
}
