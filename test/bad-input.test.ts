/** What people really give: files that are no videos, names no shell likes, subtitles of every ugliness. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, dubber as runCommand } from "./support/command.ts";
import { quickMix } from "./support/dub.ts";
import { ffmpeg, ffprobe, makeVideo, packetHashes } from "./support/media.ts";

const run = promisify(execFile);
let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const hola = "1\n00:00:00,200 --> 00:00:01,800\nHola, esto es una prueba.\n";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-bad-input-"));
  await makeVideo(at("talk.mp4"), { seconds: 3 });
  await ffmpeg("-i", at("talk.mp4"), "-c", "copy", at("talk.mkv"));
  await writeFile(at("talk.es.srt"), hola);
  await symlink(".", at("link"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the command in a folder of its own; no trace of a stack is ever shown. */
async function dubber(args: readonly string[], cwd = folder): Promise<Ended> {
  const ended = await runCommand(args, { cwd });
  expect(ended.stderr).not.toMatch(/\n\s+at /);
  return ended;
}

/** Runs the command with `--json` and gives its last object, the result. */
async function resultOf(args: readonly string[], cwd?: string) {
  const [command = "", ...rest] = args;
  const { code, stdout, stderr } = await dubber([command, "--json", ...rest], cwd);
  expect(stderr).toBe("");
  const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  return { code, ...result };
}

/** A refusal as it has to be: the code, the words, always something to do next. */
const refusal = (code: string, message: string | RegExp, exit = 1) => ({
  code: exit,
  status: "failed",
  error: {
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/\S/),
    retryable: false,
  },
});

const readJson = async (path: string) => JSON.parse(await readFile(path, "utf8"));

describe("a file that is no video is refused in a sentence, with a hint, and nothing is made", () => {
  const text = (data: string | Uint8Array) => (path: string) => writeFile(path, data);
  const cut = (name: string, share: number) => async (path: string) => {
    const whole = await readFile(at(name));
    await writeFile(path, whole.subarray(0, Math.round(whole.length * share)));
  };
  it.each<[string, (path: string) => Promise<unknown>, string, RegExp]>([
    ["missing.mp4", async () => {}, "not_found", /There is no file .*missing\.mp4/],
    ["empty.mp4", text(""), "invalid_media", /is empty \(0 bytes\)/],
    ["no-moov.mp4", cut("talk.mp4", 0.5), "invalid_media", /is cut off or damaged/],
    ["letter.mp4", text("Dear Ann,\n\nnothing to see here.\n"), "invalid_media", /not a video/],
    ["paper.pdf", text(`%PDF-1.7\n%\xe2\xe3\n${"1 0 obj\n".repeat(99)}`), "invalid_media", /not a/],
    ["zeros.mkv", text(new Uint8Array(50_000)), "invalid_media", /cut off|not a video/],
    ["cut.mkv", cut("talk.mkv", 0.002), "invalid_media", /./],
    ["folder.mp4", (path) => mkdir(path), "unreadable", /is a folder, not a file/],
    ["pipe.mp4", (path) => run("mkfifo", [path]), "unreadable", /is a pipe or a device/],
    ["talk.mp4/inside.mp4", async () => {}, "unreadable", /A part of the path .* is a file/],
    ["subs.srt", text(hola), "invalid_media", /not a video|neither a video nor sound/],
  ])("%s", async (name, make, code, message) => {
    await make(at(name));
    const workdir = `work of ${name.replaceAll("/", " ")}`;
    const args = ["dub", name, "--subs", "talk.es.srt", "--to", "es", "--workdir", workdir];
    expect(await resultOf(args)).toMatchObject(refusal(code, message));
    const made = (await readdir(folder)).filter((one) => /\.es\.(?!srt)|^\.tmp-/.test(one));
    expect(made).toEqual([]);
    // The directory that was opened for it stays free for the right video.
    expect(await readdir(at(workdir)).catch(() => [])).not.toContain(".lock");
  });

  it.each([
    ["/dev/null", "unreadable"],
    ["/dev/zero", "unreadable"],
  ])("%s", async (path, code) => {
    const args = ["prep", path, "--subs", "talk.es.srt", "--workdir", `work${path}`];
    expect(await resultOf(args)).toMatchObject(refusal(code, /is a pipe or a device/));
  });

  it("says where the file belongs even when a picture was given", async () => {
    await ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1", at("still.png"));
    const args = ["prep", "still.png", "--subs", "talk.es.srt", "--workdir", "w-still"];
    expect(await resultOf(args)).toMatchObject(refusal("invalid_media", /./));
  });
});

it("never writes over the text it was given, nor over a file that is not its own", async () => {
  await ffmpeg("-i", at("talk.mp4"), "-vn", "-c:a", "libmp3lame", at("song.mp3"));
  const given = hola.replace("Hola", "<i>Hola</i>");
  await writeFile(at("song.es.srt"), given);
  const where = ["song.mp3", "--subs", "song.es.srt", "--to", "es", "--workdir", "w-song"];
  const args = ["dub", ...where, ...quickMix];
  const result = await resultOf(args);
  expect(result).toMatchObject({ code: 0, output: at("song.es.mp3") });
  expect(await readFile(at("song.es.srt"), "utf8")).toBe(given);
  expect(result.warnings.join()).toContain("song.es.spoken.srt");
  expect(await readFile(at("song.es.spoken.srt"), "utf8")).toContain("Hola, esto");
  // Under another name the place is free; there a second run replaces its own file, and nobody else's.
  const other = [...args, "-o", "free.mp3", "--force", "burn"];
  for (let time = 0; time < 2; time++) {
    expect((await resultOf(other)).warnings.join()).toContain("beside it as free.srt");
  }
  await writeFile(at("free.srt"), "a letter");
  expect((await resultOf(other)).warnings.join()).toContain("free.spoken.srt");
  expect(await readFile(at("free.srt"), "utf8")).toBe("a letter");
});

it("dubs the readable part of a video that was cut", async () => {
  const whole = await readFile(at("talk.mkv"));
  await writeFile(at("broken.mkv"), whole.subarray(0, Math.round(whole.length * 0.6)));
  const args = [
    "dub",
    "broken.mkv",
    "--subs",
    "talk.es.srt",
    "--to",
    "es",
    "--workdir",
    "w-broken",
  ];
  const result = await resultOf(args);
  expect(result).toMatchObject({ code: 0, status: "done", lines: 1 });
  const { duration } = await readJson(at("w-broken/es/plan.json"));
  expect(duration).toBeGreaterThan(1);
  expect(duration).toBeLessThan(2.9);
  const { format } = await ffprobe(at("broken.es.mkv"));
  expect(Math.abs(Number(format.duration) - duration)).toBeLessThan(0.1);
});

describe("names no shell likes", () => {
  it.each([
    ['two words, it\'s "quoted" [v1] (2)', "soft"],
    ["-dash 100%d %s %%", "soft"],
    ["a:b;c & d | $(touch x) `id` \\n", "hard"],
    ["Привет, мир: it's [%d] 'x' 🎬", "hard"],
    ["two\nlines\tand a tab", "soft"],
  ])("%j with --burn-mode %s", async (name, mode) => {
    const home = join(folder, `in ${name}`);
    await mkdir(home);
    await writeFile(join(home, `${name}.mp4`), await readFile(at("talk.mp4")));
    await writeFile(join(home, `${name}.srt`), hola);
    const args = [
      ...["dub", "--to", "es", "--subs", `./${name}.srt`, "--workdir", `./${name}.work`],
      ...["--output", `./${name} out.mp4`, "--burn-mode", mode, "--burn-preset", "ultrafast"],
      ...[...quickMix, "--quiet", "--", `${name}.mp4`],
    ];
    const { code, stdout, stderr } = await dubber(args, home);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${name} out.mp4\n`, stderr: "" });
    expect((await readdir(home)).sort()).toEqual(
      [".mp4", ".srt", ".work", " out.mp4"].map((end) => `${name}${end}`).sort(),
    );
    const { streams } = await ffprobe(join(home, `${name} out.mp4`));
    const kinds = streams.map(({ codec_type }) => codec_type);
    expect(kinds).toEqual(mode === "hard" ? ["video", "audio"] : ["video", "audio", "subtitle"]);
    const same =
      (await packetHashes(join(home, `${name} out.mp4`), "0:v")) ===
      (await packetHashes(at("talk.mp4"), "0:v"));
    expect(same).toBe(mode === "soft");
  });
});

describe("places where nothing can be written are named", () => {
  const long = "n".repeat(246);
  it.each<[string, readonly string[], string, RegExp]>([
    ["a file for a workdir", ["--workdir", "talk.es.srt"], "unreadable", /talk\.es\.srt/],
    ["a file above the workdir", ["--workdir", "talk.es.srt/w"], "unreadable", /is a file/],
    ["a workdir of a name too long", ["--workdir", `${long}${long}`], "not_writable", /too long/],
    ["an output in a file", ["-o", "talk.es.srt/out.mp4"], "unreadable", /is a file/],
    ["an output that is a folder", ["-o", "folder-out.mp4"], "unreadable", /folder-out\.mp4/],
    ["an output of a name too long", ["-o", `${long}${long}.mp4`], "not_writable", /too long/],
  ])("%s", async (name, args, code, message) => {
    await mkdir(at("folder-out.mp4/kept"), { recursive: true });
    const place = args[0] === "-o" ? ["--workdir", `place ${name}`] : [];
    const result = await resultOf(["dub", "talk.mp4", "--subs", "talk.es.srt", ...place, ...args]);
    expect(result).toMatchObject(refusal(code, message));
    expect(await readdir(at("folder-out.mp4"))).toEqual(["kept"]);
    expect(await readFile(at("talk.es.srt"), "utf8")).toBe(hola);
  });

  it("a video whose own name leaves no room for the result's", async () => {
    const name = `${"n".repeat(250)}.mp4`;
    await writeFile(at(name), await readFile(at("talk.mp4")));
    const result = await resultOf(["dub", name, "--subs", "talk.es.srt", "--to", "es"]);
    expect(result).toMatchObject(refusal("not_writable", /too long/));
  });
});

/** `prep`, then `synth`, of one text; what was laid out for review, what was planned, what was warned of. */
async function speak(
  name: string,
  content: string | Uint8Array,
  { to = "es", extra = [] as readonly string[], video = "talk.mp4" } = {},
) {
  await writeFile(at(name), content);
  const common = [video, "--to", to, "--workdir", `work ${name}`];
  const prepared = await resultOf(["prep", ...common, "--subs", name]);
  expect(prepared).toMatchObject({ code: 0, status: "done" });
  const spoken = await resultOf(["synth", ...common, ...quickMix, ...extra]);
  const inside = (file: string) => at(`work ${name}`, to, file);
  return {
    warnings: prepared.warnings as string[],
    subs: await readFile(inside("subs.srt"), "utf8"),
    spoken,
    plan: spoken.code === 0 ? await readJson(inside("plan.json")) : undefined,
    said: await readFile(inside("spoken.srt"), "utf8").catch(() => ""),
  };
}

const textsOf = (plan: { lines: { text: string }[] }): string[] => plan.lines.map((l) => l.text);

/** Russian letters as Windows wrote them for thirty years. */
function windows1251(text: string): Uint8Array {
  return Uint8Array.from(text, (one) => {
    const code = one.codePointAt(0) as number;
    return code < 0x80 ? code : one === "ё" ? 0xb8 : code - 0x410 + 0xc0;
  });
}

describe("subtitles as people have them, from prep to the spoken track", () => {
  it("SRT with a byte-order mark, CRLF, tags, and every fault a cue can have", async () => {
    const ugly = [
      "\ufeff00:00:00,100 --> 00:00:00,900",
      "<i>Sin</i> {\\an8}<font color=red>número</font>.",
      "",
      "7",
      "00:00:02.000 --> 00:00:02,900",
      "Fuera de orden.",
      "",
      "7",
      "-00:00:01,000 --> 00:00:00,800",
      "Empieza antes.",
      "",
      "8",
      "00:00:01,000 --> 00:00:01,000",
      "Sin duración.",
      "",
      "9",
      "00:00:01,500 --> 00:00:01,200",
      "Al revés.",
      "",
      "10",
      "00:00:01,000 --> 00:00:01,900",
      "Encima &amp; debajo.",
      "",
    ].join("\r\n");
    const { subs, plan, warnings, said } = await speak("ugly.srt", ugly, {
      extra: ["--align-mode", "segment"],
    });
    expect(subs).toBe(
      [
        "1\n00:00:00,000 --> 00:00:00,800\nEmpieza antes.\n",
        "2\n00:00:00,100 --> 00:00:00,900\nSin número.\n",
        "3\n00:00:01,000 --> 00:00:01,900\nEncima & debajo.\n",
        "4\n00:00:02,000 --> 00:00:02,900\nFuera de orden.\n",
      ].join("\n"),
    );
    expect(warnings.join("\n")).toMatch(/starts at -1 s/);
    expect(warnings.join("\n")).toMatch(/has no length/);
    expect(warnings.join("\n")).toMatch(/ends before it starts/);
    expect(warnings.join("\n")).toMatch(/out of order/);
    expect(textsOf(plan)).toHaveLength(4);
    for (const text of textsOf(plan)) expect(said.replaceAll("\n", " ")).toContain(text);
  });

  it("UTF-16 without a byte-order mark", async () => {
    const { subs, plan } = await speak("wide.srt", Buffer.from(hola, "utf16le"));
    expect(subs).toBe(hola);
    expect(textsOf(plan)).toEqual(["Hola, esto es una prueba."]);
  });

  it("Windows-1251: the review file is UTF-8 and Russian is what is said", async () => {
    const text = "Ещё раз: это проба голоса.";
    const cue = `1\r\n00:00:00,200 --> 00:00:02,800\r\n${text.replace("Е", "е")}\r\n`;
    const { subs, plan, said, warnings } = await speak("old.srt", windows1251(cue), { to: "ru" });
    expect(subs).toContain("ещё раз: это проба голоса.");
    expect(textsOf(plan)).toEqual(["ещё раз: это проба голоса."]);
    expect(said).toContain("это проба голоса");
    expect(plan.lines[0].voice).toMatch(/^ru/);
    expect(warnings.join()).toContain("windows-1251");
    // The same words from UTF-8 are the same clip: the decoded text is the text, not something that looks like it.
    const same = await speak("new.srt", cue, { to: "ru" });
    expect(same.plan.lines[0].clip).toBe(plan.lines[0].clip);
  });

  it("VTT with notes, styles, settings, voices and hours left out", async () => {
    const vtt = [
      "\ufeffWEBVTT - a title",
      "",
      "NOTE the translator was here",
      "",
      "STYLE\n::cue { color: lime }",
      "",
      "00:00.100 --> 00:01.200 align:start position:0%",
      "<v Ann><c.loud>Hola</c>, <00:00.500>Ana &lt;3.",
      "",
      "00:01.300 --> 00:02.900",
      "<v Bob>Adiós, Ana.",
    ].join("\r\n");
    const { subs, plan } = await speak("voices.vtt", vtt);
    expect(subs).toContain("Hola, Ana <3.");
    expect(subs).not.toMatch(/translator|lime|<v|<c/);
    expect(plan.lines.map(({ speaker }: { speaker: string }) => speaker)).toEqual(["Ann", "Bob"]);
    expect(new Set(plan.lines.map(({ voice }: { voice: string }) => voice)).size).toBe(2);
  });

  it("ASS with fields in another order, overrides, drawings and comments", async () => {
    const ass = [
      "[Script Info]",
      "ScriptType: v4.00+",
      "[Events]",
      "Format: Start, End, Name, Text",
      "Comment: 0:00:00.00,0:00:01.00,,No se dice.",
      "Dialogue: 0:00:01.50,0:00:02.90,,{\\i1}Dos,{\\i0} con coma.",
      "Dialogue: 0:00:00.10,0:00:01.20,,Uno\\Nen dos líneas.",
      "Dialogue: 0:00:00.10,0:00:01.20,,{\\p1}m 0 0 l 10 10{\\p0}",
    ].join("\n");
    const { subs, plan } = await speak("styled.ass", ass);
    expect(textsOf(plan).join(" ")).toBe("Uno en dos líneas. Dos, con coma.");
    expect(subs).not.toMatch(/No se dice|m 0 0|\\/);
  });

  it("segments JSON with speakers: a voice each, and --voice-map decides", async () => {
    const segments = JSON.stringify([
      { start: 0.1, end: 0.9, text: "Soy Ana.", speaker: "Ann" },
      { start: 1, end: 1.9, text: "Soy Beto.", speaker: "Bob" },
      { start: 2, end: 2.9, text: "Otra vez Ana.", speaker: "Ann" },
    ]);
    const voicesOf = (plan: { lines: { voice: string; speaker: string }[] }) =>
      plan.lines.map(({ speaker, voice }) => [speaker, voice]);
    const { plan } = await speak("cast.json", segments);
    const [ann, bob, again] = voicesOf(plan);
    expect(ann).toEqual(again);
    expect(ann?.[1]).not.toBe(bob?.[1]);
    const mapped = await resultOf([
      ...["synth", "talk.mp4", "--to", "es", "--workdir", "work cast.json", ...quickMix],
      ...["--voice-map", "Bob=es-419+m7,Carl=es", "--voice", "es+f3"],
    ]);
    expect(mapped).toMatchObject({ code: 0 });
    expect(voicesOf(await readJson(at("work cast.json/es/plan.json")))).toEqual([
      ["Ann", "es+f3"],
      ["Bob", "es-419+m7"],
      ["Ann", "es+f3"],
    ]);
    expect(mapped.warnings.join()).toContain('no speaker "Carl" (speakers: Ann, Bob)');
  });

  it("a subtitle stream inside the video", async () => {
    await writeFile(at("inner.srt"), hola);
    await ffmpeg(
      ...["-i", at("talk.mp4"), "-i", at("inner.srt"), "-map", "0", "-map", "1", "-c", "copy"],
      ...["-c:s", "mov_text", "-metadata:s:s:0", "language=spa", at("inner.mp4")],
    );
    const result = await resultOf([
      "dub",
      "inner.mp4",
      "--to",
      "es",
      "--workdir",
      "w-inner",
      "--audio-only",
      ...quickMix,
    ]);
    expect(result).toMatchObject({ code: 0, lines: 1 });
    expect(await readFile(at("w-inner/es/subs.srt"), "utf8")).toBe(hola);
  });

  it.each([
    // More than any voice could say is not even spoken.
    [2000, 0],
    [48, 1],
  ])(
    "says which line of %s words is too long, keeps everything, and speaks it once it is shortened",
    async (words, clips) => {
      const endless = Array.from({ length: words }, (_, index) => `voz${index % 10}`).join(" ");
      const name = `endless ${words}.srt`;
      const { spoken, subs } = await speak(
        name,
        hola.replace("Hola, esto es una prueba.", endless),
      );
      expect(spoken).toMatchObject(refusal("line_too_long", /at 0\.20 s is too long by \d+/));
      const [line] = await readJson(at(`work ${name}`, "es/sentences_groups.json"));
      expect(spoken.error.message).toContain(`line ${line.id} `);
      expect(spoken.error.message.length).toBeLessThan(400);
      expect(subs).toContain(endless);
      expect(await readdir(at(`work ${name}`, "es/speech")).catch(() => [])).toHaveLength(clips);
      await writeFile(at(`work ${name}`, "es/subs.srt"), hola);
      const args = ["synth", "talk.mp4", "--to", "es", "--workdir", `work ${name}`, ...quickMix];
      expect(await resultOf(args)).toMatchObject({ code: 0, lines: 1 });
    },
  );

  it.each([
    [
      "only.srt",
      "1\n00:00:00,100 --> 00:00:01,000\n— … ?!\n\n2\n00:00:01,000 --> 00:00:02,000\n♪ ♪\n",
    ],
    ["late.srt", hola.replaceAll("00:00:0", "01:00:0")],
  ])("says why nothing can be spoken: %s", async (name, content) => {
    const { spoken } = await speak(name, content);
    const why = name === "late.srt" ? /after the end of the video \(3\.0 s\)/ : /letter or digit/;
    expect(spoken).toMatchObject(refusal("text_missing", why));
  });

  it("leaves out what cannot be spoken or is too late, says so, and speaks the rest", async () => {
    const mixed = `${hola}\n2\n00:00:01,900 --> 00:00:02,100\n♪ ♪\n\n3\n00:01:00,000 --> 00:01:01,000\nTarde.\n`;
    const { spoken, plan } = await speak("mixed.srt", mixed, {
      extra: ["--align-mode", "segment"],
    });
    expect(textsOf(plan)).toEqual(["Hola, esto es una prueba."]);
    expect(spoken.warnings.join("\n")).toMatch(/"♪ ♪": .*nothing to speak/);
    expect(spoken.warnings.join("\n")).toMatch(/"Tarde\." begins at 60\.0 s, after the end/);
  });

  it("lays out 100,000 cues quickly", async () => {
    const stamp = (ms: number) => new Date(ms).toISOString().slice(11, 23).replace(".", ",");
    const many = Array.from(
      { length: 100_000 },
      (_, i) => `${i + 1}\n${stamp(i * 300)} --> ${stamp(i * 300 + 250)}\nFrase número ${i + 1}.\n`,
    ).join("\n");
    await writeFile(at("many.srt"), many);
    const startedAt = performance.now();
    const args = ["prep", "talk.mp4", "--to", "es", "--subs", "many.srt", "--workdir", "w-many"];
    expect(await resultOf(args)).toMatchObject({ code: 0 });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(await readFile(at("w-many/es/subs.srt"), "utf8")).toBe(many);
  });
});

describe("a text or a wish that cannot be met is refused, and the right one works in the same place", () => {
  const good = ["--subs", "talk.es.srt", "--to", "es"];
  it.each<[string, readonly string[], ReturnType<typeof refusal>]>([
    ["a video as text", ["--subs", "talk.mp4", "--to", "es"], refusal("invalid_text", /talk\.mp4/)],
    ["a missing text", ["--subs", "no.srt", "--to", "es"], refusal("not_found", /no\.srt/)],
    ["a folder as text", ["--subs", ".", "--to", "es"], refusal("unreadable", /is a folder/)],
    [
      "an empty text",
      ["--subs", "empty.srt", "--to", "es"],
      refusal("invalid_text", /It is empty/),
    ],
    ["a novel", ["--subs", "novel.txt", "--to", "es"], refusal("invalid_text", /no cue/)],
    ["broken JSON", ["--subs", "cut.json", "--to", "es"], refusal("invalid_text", /JSON/)],
    [
      "an unknown language",
      [...good, "--to", "klingonish"],
      refusal("unknown_language", /klingonish/, 2),
    ],
    [
      "a language nobody speaks",
      ["--subs", "talk.es.srt", "--to", "ain"],
      refusal("unknown_language", /Ainu/, 2),
    ],
    ["an unknown voice", [...good, "--voice", "xx+f9"], refusal("unknown_voice", /xx\+f9/, 2)],
    ["an unknown engine", [...good, "--engine", "loud"], refusal("invalid_options", /loud/, 2)],
    [
      "a sound stream too many",
      [...good, "--audio-stream", "3"],
      refusal("invalid_options", /sound stream 3/, 2),
    ],
    ["an output of no kind", [...good, "-o", "out.xyz"], refusal("invalid_options", /xyz/, 2)],
    [
      "the video as output",
      [...good, "-o", "talk.mp4"],
      refusal("invalid_options", /overwrite/, 2),
    ],
    [
      "the video through a link",
      [...good, "-o", "link/talk.mp4"],
      refusal("invalid_options", /overwrite/, 2),
    ],
  ])("%s", async (name, args, expected) => {
    await writeFile(at("empty.srt"), "");
    await writeFile(at("novel.txt"), "It was a dark night.\nNobody spoke.\n");
    await writeFile(at("cut.json"), '[{"start": 0, "end": 1, "te');
    const before = await stat(at("talk.mp4"));
    const place = ["--workdir", `wish ${name}`, "--burn-mode", "off"];
    expect(await resultOf(["dub", "talk.mp4", ...place, ...args])).toMatchObject(expected);
    // What can be known at the start is said at the start: for an impossible output nothing is even begun.
    if (args.includes("-o")) await expect(stat(at(`wish ${name}`))).rejects.toThrow("ENOENT");
    expect(await stat(at("talk.mp4"))).toMatchObject({
      size: before.size,
      mtimeMs: before.mtimeMs,
    });
    const right = await resultOf(["prep", "talk.mp4", ...place.slice(0, 2), ...good]);
    expect(right).toMatchObject({ code: 0, status: "done" });
  });
});
