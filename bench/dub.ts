/**
 * `dubber dub` of ten minutes of 1080p with 150 lines, beside the floor: what ffmpeg alone needs to take the sound out, encode
 * it in one process and put it back. Then the same again with nothing changed, and with one line edited.
 *
 *   node bench/dub.ts [--rounds 3] [--minutes 10]
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { median, printMachine, printTable } from "./table.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, minutes: { type: "string", default: "10" } },
});
const rounds = Number(values.rounds);
const seconds = Number(values.minutes) * 60;
const lines = Math.round(seconds / 4);

const subjects = [
  "La ciudad",
  "El profesor",
  "Nuestra escuela",
  "El viejo puente",
  "Una amiga mía",
];
const verbs = ["espera", "recuerda", "busca", "cuenta", "descubre", "guarda"];
const objects = [
  "una historia muy larga",
  "el camino de regreso",
  "algo nuevo cada día",
  "la luz de la mañana",
];

const run = promisify(execFile);
const entry = join(import.meta.dirname, "../bin/dubber.js");
const folder = await mkdtemp(join(tmpdir(), "dubber-bench-"));
const at = (name: string): string => join(folder, name);

try {
  await makeInput();
  const rows = {
    extract: [],
    encode: [],
    dub: [],
    again: [],
    edited: [],
    help: [],
    import: [],
  } as Record<string, number[]>;
  for (let round = 0; round < rounds; round++) {
    await rm(at("work"), { recursive: true, force: true });
    const dub = ["dub", at("talk.mp4"), "--subs", at("talk.es.srt"), "--to", "es"];
    const flags = [
      "--workdir",
      at("work"),
      "-o",
      at("out.mp4"),
      "--align-mode",
      "segment",
      "--quiet",
    ];
    rows.extract?.push(await time("ffmpeg", extraction()));
    rows.encode?.push(await time("ffmpeg", encoding()));
    rows.dub?.push(await time(process.execPath, [entry, ...dub, ...flags]));
    rows.again?.push(await time(process.execPath, [entry, ...dub, ...flags]));
    await editOneLine();
    rows.edited?.push(await time(process.execPath, [entry, ...dub, ...flags]));
    rows.help?.push(await time(process.execPath, [entry, "--help"]));
    const index = join(import.meta.dirname, "../src/index.ts");
    rows.import?.push(
      await time(process.execPath, [
        "--input-type=module",
        "-e",
        `await import(${JSON.stringify(index)})`,
      ]),
    );
  }
  const of = (name: string): number => median(rows[name] ?? []);
  const floor = of("extract") + of("encode");
  const row = (what: string, time: number, base: number, bound: string) => ({
    what,
    seconds: time.toFixed(2),
    floor: base > 0 ? base.toFixed(2) : "–",
    ratio: base > 0 ? `${(time / base).toFixed(2)} ×` : "–",
    bound,
  });
  printTable(
    `dubber dub, ${values.minutes} min of 1080p, ${lines} lines, embedded voice (median of ${rounds})`,
    [
      row("first run", of("dub"), floor, "≤ 1.3 ×"),
      row("again, nothing changed", of("again"), 0, "≤ 0.5 s"),
      row("again, one line edited", of("edited"), of("encode"), "≤ 1.3 ×"),
      row("dubber --help", of("help"), 0, "≤ 0.15 s"),
      row('import "dubber"', of("import"), 0, "–"),
    ],
  );
  console.log(
    `\nFloor: ffmpeg extract ${of("extract").toFixed(2)} s + one-process AAC 192k encode and mux, video copied, ${of("encode").toFixed(2)} s.`,
  );
  printMachine();
} finally {
  await rm(folder, { recursive: true, force: true });
}

function extraction(): string[] {
  return [...quiet(), "-i", at("talk.mp4"), "-vn", "-ar", "48000", "-ac", "2", at("floor.wav")];
}

function encoding(): string[] {
  const inputs = ["-i", at("talk.mp4"), "-i", at("floor.wav"), "-map", "0:v", "-map", "1:a"];
  return [...quiet(), ...inputs, "-c:v", "copy", "-c:a", "aac", "-b:a", "192k", at("floor.mp4")];
}

function quiet(): string[] {
  return ["-hide_banner", "-loglevel", "error", "-nostdin", "-y"];
}

/** Wall-clock seconds of a command that has to succeed. */
async function time(command: string, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  await run(command, args, { maxBuffer: 64e6 });
  return (performance.now() - startedAt) / 1000;
}

async function makeInput(): Promise<void> {
  // Ten seconds are encoded, then repeated: encoding ten minutes of 1080p would take longer than the benchmark.
  const picture = ["-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30:d=10"];
  const codec = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "4M", "-pix_fmt", "yuv420p"];
  await run("ffmpeg", [...quiet(), ...picture, ...codec, at("ten.mp4")]);
  const noise = `anoisesrc=d=${seconds}:c=pink:r=48000:a=0.1:seed=1,tremolo=f=0.3:d=0.8,aformat=channel_layouts=stereo`;
  await run("ffmpeg", [
    ...quiet(),
    ...[
      "-stream_loop",
      String(Math.ceil(seconds / 10) - 1),
      "-i",
      at("ten.mp4"),
      "-f",
      "lavfi",
      "-i",
      noise,
    ],
    ...[
      "-map",
      "0:v",
      "-map",
      "1:a",
      "-c:v",
      "copy",
      "-c:a",
      "aac",
      "-b:a",
      "128k",
      "-t",
      String(seconds),
    ],
    at("talk.mp4"),
  ]);
  const cues = Array.from({ length: lines }, (_, index) => {
    const start = index * 4 + 0.3;
    return `${index + 1}\n${stamp(start)} --> ${stamp(start + 3.2)}\n${sentence(index)}\n`;
  });
  await writeFile(at("talk.es.srt"), cues.join("\n"));
}

function sentence(index: number): string {
  const pick = (words: readonly string[], step: number): string =>
    words[(index * step) % words.length] ?? "";
  // Every third line is too long for its place, so that its neighbourhood has to be sped up and stretched.
  const rest = index % 3 === 0 ? " y además otras cosas que nadie había contado todavía" : "";
  return `${pick(subjects, 7)} ${pick(verbs, 5)} ${pick(objects, 3)}${rest} número ${index + 1}.`;
}

function stamp(time: number): string {
  return new Date(Math.round(time * 1000)).toISOString().slice(11, 23).replace(".", ",");
}

async function editOneLine(): Promise<void> {
  const path = join(at("work"), "es", "subs.srt");
  const text = await readFile(path, "utf8");
  const middle = `número ${Math.round(lines / 2)}.`;
  await writeFile(path, text.replace(middle, "que nadie esperaba ya."));
}
