/** The machine lets Dubber down: no disk, no tool, no engine, damaged files. It says so, and the next run goes on. */
import { execFile } from "node:child_process";
import {
  access,
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { dubber, dubberProcess, type Ended } from "./support/command.ts";
import { dub, prepareSetup } from "./support/library.ts";
import { makeVideo } from "./support/media.ts";
import { fingerprintOf, makeSubtitles } from "./support/runs.ts";
import { mountSmallDisk, unmountSmallDisk } from "./support/small-disk.ts";

const run = promisify(execFile);
const project = join(import.meta.dirname, "..");
let folder: string;
/** What an unbroken run gives. */
let expected: Record<string, string>;
const mounts: string[] = [];
const at = (...names: string[]): string => join(folder, ...names);

/** Arguments of a whole dub that keeps its work and its result in `place`. */
const whole = (place: string, output = `${place}/out.mp4`): string[] => [
  ...["dub", at("talk.mp4"), "--subs", at("talk.es.srt"), "--to", "es"],
  ...["--align-mode", "segment", "--workdir", at(place, "work"), "--output", at(output)],
  ...["--workers", "1", "--loudness", "off"],
];
const printOf = (place: string, output = `${place}/out.mp4`) =>
  fingerprintOf(at(place, "work/es"), at(output));
const clipsIn = async (place: string): Promise<string[]> =>
  (await readdir(at(place, "work/es/speech"))).sort();

const timesOf = (place: string, clips: readonly string[]) =>
  Promise.all(clips.map(async (one) => (await stat(at(place, "work/es/speech", one))).mtimeMs));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-faults-"));
  await makeVideo(at("talk.mp4"), { seconds: 5 });
  await writeFile(at("talk.es.srt"), makeSubtitles(3));
  expect(await resultOf(whole("unbroken"))).toMatchObject({ code: 0, status: "done", lines: 3 });
  expected = await printOf("unbroken");
  expect(Object.keys(expected)).toHaveLength(3 + 6);
});
afterAll(async () => {
  for (const mount of mounts) await unmountSmallDisk(mount);
  await rm(folder, { recursive: true, force: true });
});

type Result = {
  readonly code: number | null;
  readonly status: string;
  readonly events: readonly Record<string, unknown>[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
  readonly failures?: readonly { readonly text: string; readonly reason: string }[];
};

function read({ code, signal, stdout, stderr }: Ended): Result {
  expect({ signal, stderr }).toEqual({ signal: null, stderr: "" });
  expect(stdout).not.toMatch(/\\n\s+at /);
  const objects = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { code, events: objects.slice(0, -1), ...objects.at(-1) };
}

/** Runs the command with `--json` and reads its result; no trace of a stack is ever in it. */
async function resultOf(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  run = dubber,
): Promise<Result> {
  return read(await run([...args, "--json"], { env }));
}

const refusal = (code: string, message: string | RegExp, exit = 1) => ({
  code: exit,
  status: "failed",
  error: {
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/\S/),
  },
});

const stagesOf = ({ events }: Result): Record<string, unknown> =>
  Object.fromEntries(
    events
      .filter(({ type, status }) => type === "stage" && status !== "started")
      .map(({ stage, status }) => [stage, status]),
  );

/** Mounts a disk of its own in `name`; skips the test where nobody may. */
async function mountDisk(context: TestContext, name: string, size: string): Promise<string> {
  await mountSmallDisk(context, at(name), size);
  mounts.push(at(name));
  return at(name);
}

describe("a full disk", () => {
  it("ends the run with disk_full wherever it fills, and once there is space the run goes on", async (context) => {
    const disk = await mountDisk(context, "small", "16m");
    const ballast = join(disk, "ballast");
    const { bsize, bfree } = await statfs(disk);
    // From no room for the first file, over the sound (1 MB), the clips and the mix, to the finished file.
    for (const freeKb of [0, 20, 500, 1100, 1500, 2300]) {
      await rm(ballast, { force: true });
      await rm(join(disk, "work"), { recursive: true, force: true });
      await writeFile(ballast, Buffer.alloc(Math.max(0, bsize * bfree - freeKb * 1024)));
      const full = await resultOf(whole("small"));
      expect({ freeKb, ...full }).toMatchObject({ freeKb, ...refusal("disk_full", "is full") });
      const left = (await readdir(disk, { recursive: true })).filter((one) => /\.tmp-/.test(one));
      expect({ freeKb, left }).toEqual({ freeKb, left: [] });
      expect(await readdir(disk)).not.toContain("out.mp4");
      if (![1100, 2300].includes(freeKb)) continue;
      await rm(ballast);
      const before = await clipsIn("small").catch(() => []);
      const again = await resultOf(whole("small"));
      expect({ freeKb, ...again }).toMatchObject({ freeKb, code: 0, status: "done" });
      expect(await clipsIn("small")).toEqual(expect.arrayContaining(before));
      expect(await printOf("small")).toEqual(expected);
      await rm(at("small/out.mp4"));
    }
  });

  it("under the output alone costs only the last stage", async (context) => {
    await mountDisk(context, "tiny", "64k");
    const args = whole("tiny-work", "tiny/out.mp4");
    expect(await resultOf(args)).toMatchObject(refusal("disk_full", "is full"));
    expect(await readdir(at("tiny"))).toEqual([]);
    await run("mount", ["-o", "remount,size=16m", at("tiny")]);
    const again = await resultOf(args);
    expect(stagesOf(again)).toMatchObject({ synth: "skipped", mix: "skipped", burn: "done" });
    expect(await printOf("tiny-work", "tiny/out.mp4")).toEqual(expected);
  });
});

describe("a disk that may only be read", () => {
  it("is named where the work directory is on it, new or begun, and the work goes on once it may be written", async (context) => {
    const disk = await mountDisk(context, "sealed", "16m");
    const seal = (how: "ro" | "rw") => run("mount", ["-o", `remount,${how}`, disk]);
    await seal("ro");
    expect(await resultOf(whole("sealed"))).toMatchObject(refusal("not_writable", "sealed"));
    await seal("rw");
    const prepared = await resultOf([
      "prep",
      ...whole("sealed").slice(1, 6),
      "--workdir",
      at("sealed/work"),
    ]);
    expect(prepared).toMatchObject({ code: 0 });
    await writeFile(at("sealed/work/.tmp-left-behind"), "cut");
    await seal("ro");
    expect(await resultOf(whole("sealed"))).toMatchObject(refusal("not_writable", "sealed"));
    await seal("rw");
    expect(await resultOf(whole("sealed"))).toMatchObject({ code: 0 });
    expect(await printOf("sealed")).toEqual(expected);
  });

  it("is named where the output goes, after the work was kept", async (context) => {
    const disk = await mountDisk(context, "shut", "16m");
    await writeFile(join(disk, ".tmp-out-of-a-killed-run.mp4"), "cut");
    await run("mount", ["-o", "remount,ro", disk]);
    const args = whole("shut-work", "shut/out.mp4");
    expect(await resultOf(args)).toMatchObject(
      refusal("not_writable", "Read-only file system|may not be"),
    );
    const elsewhere = await resultOf(whole("shut-work"));
    expect(stagesOf(elsewhere)).toMatchObject({ synth: "skipped", mix: "skipped", burn: "done" });
  });

  it("does not matter where only the video is on it", async (context) => {
    const disk = await mountDisk(context, "archive", "16m");
    await cp(at("talk.mp4"), join(disk, "talk.mp4"));
    await run("mount", ["-o", "remount,ro", disk]);
    const args = whole("archive-work").with(1, join(disk, "talk.mp4"));
    expect(await resultOf(args)).toMatchObject({ code: 0 });
  });
});

it("makes an output folder that does not exist, and says so where a file is in its way", async () => {
  const args = whole("unbroken", "new/deep/out.mp4");
  expect(await resultOf(args)).toMatchObject({ code: 0, output: at("new/deep/out.mp4") });
  const blocked = whole("unbroken", "talk.mp4/deep/out.mp4");
  expect(await resultOf(blocked)).toMatchObject(refusal("unreadable", "is a file"));
});

it("names a TMPDIR that is not there", async () => {
  const args = [...whole("unbroken"), "--burn-mode", "hard"];
  expect(await resultOf(args, { TMPDIR: at("nowhere") }, dubberProcess)).toMatchObject(
    refusal("not_found", "nowhere"),
  );
});

describe("ffmpeg", () => {
  /** A program of our own in its place, beside a real or another ffprobe. */
  async function fakeTools(name: string, ffmpegScript: string, ffprobeScript?: string) {
    await mkdir(at(name));
    const scripts = {
      ffmpeg: ffmpegScript,
      ffprobe: ffprobeScript ?? `exec ffprobe "$@"`,
    };
    for (const [tool, script] of Object.entries(scripts)) {
      await writeFile(at(name, tool), `#!/bin/sh\n${script}\n`);
      await chmod(at(name, tool), 0o755);
    }
    return { FFMPEG_PATH: at(name), FFPROBE_PATH: "" };
  }

  it("missing is said with the command that installs it", async () => {
    const nowhere = await resultOf(whole("no-tool"), { PATH: "/nowhere", FFMPEG_PATH: "" });
    expect(nowhere).toMatchObject(refusal("missing_tool", "not found on PATH", 4));
    expect(nowhere.error?.hint).toMatch(/^Install it: /);
    const wrong = await resultOf(whole("no-tool"), { FFMPEG_PATH: at("talk.mp4") });
    expect(wrong).toMatchObject(refusal("missing_tool", "FFMPEG_PATH names no program", 4));
    const probe = await resultOf(whole("no-tool"), { FFPROBE_PATH: "/nowhere/ffprobe" });
    expect(probe).toMatchObject(refusal("missing_tool", "FFPROBE_PATH names no program", 4));
    expect(await resultOf(whole("no-tool"))).toMatchObject({ code: 0 });
    expect(await printOf("no-tool")).toEqual(expected);
  });

  it.each([
    [
      "too old",
      `echo "ffmpeg version 4.4.2-0ubuntu0 Copyright"`,
      undefined,
      /too old: version 4\.4\.2/,
    ],
    ["something else", `echo "hello"`, undefined, /does not answer as ffmpeg does/],
    ["broken", "exit 127", undefined, /does not answer as ffmpeg does/],
    [
      "beside an old ffprobe",
      `exec ffmpeg "$@"`,
      `echo "ffprobe version 3.4 C"`,
      /too old: version 3/,
    ],
  ])("%s is refused by name", async (name, script, probeScript, message) => {
    const env = await fakeTools(`tool ${name}`, script, probeScript);
    const refused = await resultOf(whole(`old ${name}`), env);
    expect(refused).toMatchObject(refusal("missing_tool", message, 4));
  });

  it.each([
    ["nonsense", "echo '}{'"],
    ["nothing", "exit 0"],
    ["an empty object", "echo '{}'"],
    ["a length that is none", `ffprobe "$@" | sed -E 's/"duration": "[^"]*"/"duration": "N\\/A"/'`],
    ["a stream that is not there", `ffprobe "$@" | sed 's/"index": 1/"index": 7/'`],
    ["death", "kill -9 $$"],
  ])("is believed no more than it deserves when ffprobe answers with %s", async (name, script) => {
    const version = `case "$*" in *-version*) exec ffprobe "$@";; esac`;
    const env = await fakeTools(`probe ${name}`, `exec ffmpeg "$@"`, `${version}\n${script}`);
    const refused = await resultOf(whole(`lie ${name}`), env);
    // An answer that can be done without may be; then the result is right all the same.
    if (refused.code === 0) expect(await printOf(`lie ${name}`)).toEqual(expected);
    else {
      expect(refused).toMatchObject(refusal(refused.error?.code ?? "", /./));
      expect(["invalid_media", "tool_failed"]).toContain(refused.error?.code);
      expect(await readdir(at(`lie ${name}`))).not.toContain("out.mp4");
    }
  });

  it.each([
    ["taking the sound", "pcm_s16le"],
    ["encoding", "-c:a aac"],
    ["writing the video", "-c copy"],
  ])(
    "killed while %s leaves nothing half-written, and the next run gives the same",
    async (name, mark) => {
      const place = `killed ${name}`;
      // It does its work, cuts what it wrote in half, and dies: as killed half-way, but the same every time.
      const script = [
        `case "$*" in`,
        `  *"${mark}"*) if mkdir "${at(`${place}.once`)}" 2>/dev/null; then`,
        `    ffmpeg "$@"; for out; do :; done; out="\${out#file:}"`,
        `    [ -f "$out" ] && truncate -s $(($(stat -c %s "$out") / 2)) "$out"`,
        "    kill -9 $$",
        "  fi;;",
        "esac",
        `exec ffmpeg "$@"`,
      ].join("\n");
      const env = await fakeTools(`tools ${place}`, script);
      const first = await resultOf(whole(place), env);
      expect(first).toMatchObject(refusal("tool_failed", "SIGKILL"));
      expect(first.error).toMatchObject({ retryable: true });
      const left = (await readdir(at(place), { recursive: true })).filter((one) =>
        /\.tmp-|out\.mp4/.test(one),
      );
      expect(left).toEqual([]);
      expect(await resultOf(whole(place), env)).toMatchObject({ code: 0 });
      expect(await printOf(place)).toEqual(expected);
    },
  );
});

describe("the voice engine", () => {
  /** The program as it is installed without its optional dependency, or with a damaged one. */
  async function installWithout(name: string): Promise<string> {
    const home = at(name);
    for (const part of ["bin", "src", "package.json"]) {
      await cp(join(project, part), join(home, part), { recursive: true });
    }
    const { dependencies } = JSON.parse(await readFile(join(project, "package.json"), "utf8"));
    for (const one of Object.keys(dependencies)) {
      await mkdir(join(home, "node_modules", one, ".."), { recursive: true });
      await symlink(join(project, "node_modules", one), join(home, "node_modules", one));
    }
    return home;
  }
  async function runInstalled(home: string, args: readonly string[]): Promise<Result> {
    const command = [join(home, "bin/dubber.js"), ...args, "--json"];
    const ended = await run(process.execPath, command).catch((error) => error);
    return read({ code: ended.code ?? 0, signal: ended.signal ?? null, ...pick(ended) });
  }
  const pick = ({ stdout, stderr }: { stdout: string; stderr: string }) => ({ stdout, stderr });

  it("missing or damaged is said with the command that installs it; the text is kept", async () => {
    const home = await installWithout("without");
    const refused = await runInstalled(home, whole("mute"));
    expect(refused).toMatchObject(refusal("engine_unavailable", "not installed", 4));
    expect(refused.error?.hint).toMatch(/npm install @echogarden\/espeak-ng-emscripten/);
    const doctor = await runInstalled(home, ["doctor"]);
    expect(doctor).toMatchObject({ code: 4, status: "failed" });

    const engine = join(home, "node_modules/@echogarden/espeak-ng-emscripten");
    const real = join(project, "node_modules/@echogarden/espeak-ng-emscripten");
    await mkdir(engine);
    await cp(join(real, "package.json"), join(engine, "package.json"));
    const damaged = await runInstalled(home, whole("mute"));
    expect(damaged).toMatchObject(refusal("engine_unavailable", "does not start", 4));
    expect(damaged.error?.message).not.toMatch(/\n\s+at /);

    await rm(engine, { recursive: true });
    await symlink(real, engine);
    expect(await runInstalled(home, whole("mute"))).toMatchObject({ code: 0 });
    expect(await printOf("mute")).toEqual(expected);
  });

  /** In the engine's process a text arrives as a message; this one the process does not survive, each time or only `once`. */
  async function poison(text: string, once = ""): Promise<NodeJS.ProcessEnv> {
    const path = at(`poison-${text.at(-1)}.mjs`);
    await writeFile(
      path,
      `import { existsSync, writeFileSync } from "node:fs";
      const [text, once] = ${JSON.stringify([text, once])};
      const emit = process.emit;
      if (process.send) process.emit = function (name, value, ...rest) {
        if (name === "message" && value?.argument?.text?.includes(text) && !(once && existsSync(once))) {
          if (once) writeFileSync(once, "");
          process.kill(process.pid, "SIGKILL");
        }
        return emit.call(this, name, value, ...rest);
      };`,
    );
    return { NODE_OPTIONS: `--import=${path}` };
  }

  it("killed in the middle of a line is replaced, and nothing is lost", async () => {
    const env = await poison("número 2", at("shot"));
    const survived = await resultOf(whole("shot-work"), env, dubberProcess);
    expect(survived).toMatchObject({ code: 0, status: "done", lines: 3 });
    await access(at("shot"));
    expect(await printOf("shot-work")).toEqual(expected);
  });

  it("that dies on one line costs that line: exit 3, and the next run speaks only it", async () => {
    const env = await poison("número 3");
    // One try more is enough to see that it is of no use.
    const twice = [...whole("partial"), "--tts-retries", "1"];
    const partial = await resultOf(twice, env, dubberProcess);
    expect(partial).toMatchObject({ code: 3, status: "partial", lines: 2 });
    expect(partial.failures).toEqual([
      expect.objectContaining({
        text: expect.stringContaining("número 3"),
        reason: expect.stringContaining("died twice"),
      }),
    ]);
    const said = await readFile(at("partial/work/es/spoken.srt"), "utf8");
    expect(said).toContain("número 2");
    expect(said).not.toContain("número 3");
    const two = await clipsIn("partial");
    expect(two).toHaveLength(2);
    await access(at("partial/out.mp4"));
    // A later burn of the same dub does not pretend that it is whole.
    const where = ["--workdir", at("partial/work"), "--output", at("partial/out.mp4")];
    const burnt = await resultOf(["burn", at("talk.mp4"), "--to", "es", ...where]);
    expect(burnt).toMatchObject({ code: 3, status: "partial" });

    const times = await timesOf("partial", two);
    const again = await resultOf(whole("partial"));
    expect(again).toMatchObject({ code: 0, status: "done", lines: 3 });
    expect(await timesOf("partial", two)).toEqual(times);
    expect(await printOf("partial")).toEqual(expected);
  });

  it("that refuses one line is told by the library as partial, with the reason", async () => {
    const options = {
      ...{
        video: at("talk.mp4"),
        subs: at("talk.es.srt"),
        to: "es",
        ...({ alignMode: "segment", loudness: "off" } as const),
      },
      ...{ workdir: at("library/work"), output: at("library/out.mp4") },
    };
    await using setup = prepareSetup({ env: process.env, engine: "embedded", workers: 2 });
    const real = await setup.synthesizer();
    const spoken: string[] = [];
    const synthesizer = {
      ...real,
      speak: async (...[request, call]: Parameters<typeof real.speak>) => {
        if (request.text.includes("número 2")) throw new Error("content filter");
        spoken.push(request.text);
        return await real.speak(request, call);
      },
    };
    const broken = { ...setup, synthesizer: async () => synthesizer };
    const result = await dub(options, { setup: broken }).result;
    expect(result.status).toBe("partial");
    expect(result.failures).toEqual([
      expect.objectContaining({ reason: expect.stringContaining("content filter") }),
    ]);
    expect(spoken).toHaveLength(2);
    expect((await dub(options, { setup }).result).status).toBe("done");
    expect(await printOf("library")).toEqual(expected);
  });
});

describe("a damaged work directory", () => {
  const inside = (...names: string[]) => at("damaged/work", ...names);
  beforeAll(async () => {
    expect(await resultOf(whole("damaged"))).toMatchObject({ code: 0 });
  });
  const clip = async (index: number) =>
    inside("es/speech", (await clipsIn("damaged"))[index] as string);
  const half = async (path: string) => truncate(path, Math.floor((await stat(path)).size / 2));
  const empty = (path: string) => truncate(path, 0);
  const scramble = async (path: string) =>
    writeFile(path, Buffer.alloc((await stat(path)).size, "noise "));

  it.each<[string, readonly string[], () => Promise<unknown>]>([
    [
      "clips cut in half, of zero bytes, of noise",
      ["synth"],
      async () => {
        const clips = await Promise.all([clip(0), clip(1), clip(2)]);
        await Promise.all([half(clips[0]), empty(clips[1]), scramble(clips[2])]);
      },
    ],
    ["a clip that is gone", ["synth"], async () => rm(await clip(1))],
    [
      "plan.json cut in half, original.wav of noise",
      ["synth", "sound"],
      async () => [await half(inside("es/plan.json")), await scramble(inside("original.wav"))],
    ],
    [
      "plan.json gone, original.wav and new_audio.wav cut in half",
      ["synth", "sound", "mix"],
      async () => {
        await rm(inside("es/plan.json"));
        await half(inside("original.wav"));
        await half(inside("es/new_audio.wav"));
      },
    ],
    [
      "translation.json of noise, spoken.srt gone, the output cut in half",
      ["prep", "mix", "burn"],
      async () => {
        await scramble(inside("es/translation.json"));
        await rm(inside("es/spoken.srt"));
        await half(at("damaged/out.mp4"));
      },
    ],
  ])("heals by itself: %s", async (_name, stages, damage) => {
    await damage();
    const healed = await resultOf(whole("damaged"));
    expect(healed).toMatchObject({ code: 0, status: "done" });
    expect(stagesOf(healed)).toMatchObject(Object.fromEntries(stages.map((one) => [one, "done"])));
    expect(await printOf("damaged")).toEqual(expected);
  });

  it("sweeps up what a killed run left, files and folders", async () => {
    await mkdir(inside("es/.tmp-sound-abc/parts"), { recursive: true });
    await writeFile(inside("es/speech/.tmp-clip.wav"), "cut");
    await writeFile(at("damaged/.tmp-out-0123456789ab.mp4"), "cut");
    await writeFile(at("damaged/.tmp-out-two-0123456789ab.mp4"), "somebody else's");
    expect(await resultOf([...whole("damaged"), "--force", "burn"])).toMatchObject({ code: 0 });
    const left = (await readdir(at("damaged"), { recursive: true })).filter((one) =>
      one.includes(".tmp-"),
    );
    expect(left).toEqual([".tmp-out-two-0123456789ab.mp4"]);
  });

  it("names a dub.json that is cut, empty or of another version; without it the clips are found again", async () => {
    const path = inside("dub.json");
    const clips = await clipsIn("damaged");
    const times = await timesOf("damaged", clips);
    const otherVersion = () => writeFile(path, '{"schema":99}');
    for (const damage of [half, empty, otherVersion]) {
      await damage(path);
      const refused = await resultOf(whole("damaged"));
      expect(refused).toMatchObject(refusal("work_directory_corrupt", "dub.json"));
      expect(refused.error?.hint).toContain("delete that file");
    }
    await rm(path);
    expect(await resultOf(whole("damaged"))).toMatchObject({ code: 0 });
    expect(await timesOf("damaged", clips)).toEqual(times);
    expect(await printOf("damaged")).toEqual(expected);
  });

  it("a folder in the place of dub.json, or of a clip, is said or healed", async () => {
    const path = await clip(0);
    await rm(path);
    await mkdir(path);
    const refused = await resultOf(whole("damaged"));
    expect(refused).toMatchObject(refusal("unreadable", "is a folder"));
    await rm(path, { recursive: true });
    await rm(inside("dub.json"));
    await mkdir(inside("dub.json"));
    expect(await resultOf(whole("damaged"))).toMatchObject(
      refusal("unreadable", "dub.json is a folder"),
    );
    await rm(inside("dub.json"), { recursive: true });
    expect(await resultOf(whole("damaged"))).toMatchObject({ code: 0 });
    expect(await printOf("damaged")).toEqual(expected);
  });
});
