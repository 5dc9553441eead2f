/**
 * `prep` of an hour of speech through a recogniser that takes a twentieth of the time the sound plays, five parts at once: time beside the ideal
 * (all of the sound at that speed, nothing in between), memory of the process, and whether every phrase was recovered, once. Then again, when nothing is to be
 * asked; and with silero VAD in place of ffmpeg's silences, where its model is at hand.
 *
 *   node bench/prep.ts [--rounds 1] [--minutes 60] [--silero silero_vad.onnx]
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs, promisify } from "node:util";
import { listeningRate } from "../src/core/sound.ts";
import { wavHeader, wavSamples } from "../src/core/wav-bytes.ts";
import { listenTo } from "../src/media/listen.ts";
import { probe } from "../src/media/probe.ts";
import { findTools } from "../src/media/tools.ts";
import { modelDirectory, openModelStore, verifyModel } from "../src/models/store.ts";
import { parseSegments } from "../src/subtitles/segments-json.ts";
import { openSynthesizer } from "../src/synthesis/catalogue.ts";
import { makePhrases, type SpokenPhrase } from "../test/support/services/spoken-phrases.ts";
import type { PrepReport, PrepSettings } from "./prep-run.ts";
import { environment, startFakeProcess } from "./synthesis-run.ts";
import { median, printMachine, printTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1" },
    minutes: { type: "string", default: "60" },
    silero: {
      type: "string",
      default: join(import.meta.dirname, "../../shared/media/models/silero_vad.onnx"),
    },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.minutes) * 60;
const [realtimeFactor, limit] = [20, 5];
/** Hz, of the embedded voice. */
const voiceRate = 22_050;
const ideal = seconds / realtimeFactor / limit;

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), "dubber-bench-"));
const at = (name: string): string => join(folder, name);

type Round = PrepReport & {
  readonly seconds: number;
  readonly parts: number;
  readonly phrases: number;
};

try {
  const phrases = await makeVideo();
  await writeHeard();
  await writeFile(at("transcript.json"), JSON.stringify(phrases));
  const rows = [];
  for (const detector of await detectors()) {
    const [first, again]: [Round[], Round[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      await rm(at("work"), { recursive: true, force: true });
      await using fake = await startFakeProcess("openai", { transcription: { realtimeFactor } }, [
        ...["--recording", at("heard.wav"), "--transcript", at("transcript.json")],
      ]);
      first.push(await prepareOnce(fake, phrases, detector));
      again.push(await prepareOnce(fake, phrases, detector));
    }
    rows.push(row(detector, first, ideal), row(`${detector}, again`, again, 0));
  }
  printTable(
    `prep of ${values.minutes} min, ${phrases.length} phrases, recognised at ${realtimeFactor} × real time, ${limit} parts at once (median of ${rounds})`,
    rows,
  );
  console.log(
    "\nBounds: 1.1 × ideal, 200 MiB, all phrases. The time is that of the whole process.",
  );
  if (!existsSync(values.silero)) console.log("No silero model at hand: --silero FILE names it.");
  printMachine();
} finally {
  await rm(folder, { recursive: true, force: true });
}

function row(detector: string, all: readonly Round[], floor: number): Record<string, string> {
  const of = (value: (round: Round) => number): number => median(all.map(value));
  const time = of((round) => round.seconds);
  return {
    "speech found by": detector,
    seconds: time.toFixed(2),
    ideal: floor > 0 ? floor.toFixed(2) : "–",
    ratio: floor > 0 ? `${(time / floor).toFixed(3)} ×` : "–",
    "peak memory, MiB": of(({ peakMib }) => peakMib).toFixed(0),
    "CPU, s": of(({ cpuSeconds }) => cpuSeconds).toFixed(1),
    "parts asked for": `${of(({ parts }) => parts)}`,
    "phrases recovered": `${of((round) => round.phrases)}`,
    warnings: `${of(({ warnings }) => warnings.length)}`,
  };
}

/** Prepares the video in a process of its own. */
async function prepareOnce(
  { url, stats }: Awaited<ReturnType<typeof startFakeProcess>>,
  phrases: readonly SpokenPhrase[],
  detector: string,
): Promise<Round> {
  const models = at(detector === "silero" ? "models" : "no-models");
  const settings: PrepSettings = {
    ...{ video: at("talk.mp4"), workdir: at("work"), limit },
    env: {
      ...environment("openai", url),
      ...{ PATH: process.env.PATH ?? "", HOME: folder, DUBBER_MODELS: models },
    },
  };
  const before = (await stats()).requests;
  const startedAt = performance.now();
  const script = join(import.meta.dirname, "prep-run.ts");
  const { stdout } = await run(process.execPath, [script, JSON.stringify(settings)]);
  const taken = (performance.now() - startedAt) / 1000;
  return {
    ...(JSON.parse(stdout) as PrepReport),
    seconds: taken,
    parts: (await stats()).requests - before,
    phrases: await countRecovered(phrases),
  };
}

/** Phrases that stand once in what was heard. */
async function countRecovered(phrases: readonly SpokenPhrase[]): Promise<number> {
  const heard = parseSegments(await readFile(at("work/segments_raw.json"), "utf8"));
  const all = heard.map(({ text }) => text).join(" ");
  return phrases.filter(({ text }) => all.split(text).length === 2).length;
}

/** Whatever can tell speech from silence here. */
async function detectors(): Promise<readonly string[]> {
  const found = ["ffmpeg's silences"];
  if (!existsSync(values.silero)) return found;
  const store = await openModelStore({ DUBBER_MODELS: at("models") });
  const entry = store.entries.find(({ kind }) => kind === "vad");
  const [file] = entry?.files ?? [];
  if (entry === undefined || file === undefined) return found;
  await mkdir(modelDirectory(store, entry), { recursive: true });
  await copyFile(values.silero, join(modelDirectory(store, entry), file.path));
  await verifyModel(store, entry.name);
  return [...found, "silero"];
}

/** A small picture with an hour of the embedded voice, as sound is in videos: AAC, 48 kHz, stereo. Returns what is said when. */
async function makeVideo(): Promise<readonly SpokenPhrase[]> {
  const picture = ["-f", "lavfi", "-i", "color=c=navy:s=160x90:r=1"];
  const sound = ["-i", "pipe:0", "-map", "0:v", "-map", "1:a", "-ar", "48000", "-ac", "2"];
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-aac_coder", "fast"];
  const quiet = ["-v", "error", "-y"];
  const args = [...quiet, ...picture, ...sound, ...codecs, "-t", `${seconds}`, at("talk.mp4")];
  const child = spawn("ffmpeg", args, { stdio: ["pipe", "inherit", "inherit"] });
  const exit = once(child, "exit");
  const said: SpokenPhrase[] = [];
  await pipeline(Readable.from(speech(said)), child.stdin);
  const [code] = await exit;
  if (code !== 0) throw new Error(`ffmpeg could not make the video (${code}).`);
  return said;
}

/** A WAV of phrases with pauses between, one after the other; `said` is told of each. */
async function* speech(said: SpokenPhrase[]): AsyncGenerator<Buffer, void, void> {
  await using voice = await openSynthesizer("embedded", { env: {} });
  const total = Math.round(seconds * voiceRate);
  yield wavHeader(total * 2, voiceRate);
  let position = 0;
  let last = 0;
  for (const { start, end, text } of makePhrases({ seconds: 2 * seconds })) {
    const { audio, sampleRate } = await voice.speak({ text, voice: "en" });
    if (sampleRate !== voiceRate) throw new Error(`The voice speaks at ${sampleRate} Hz.`);
    const pause = Math.round((start - last) * voiceRate);
    last = end;
    if (position + pause + audio.length > total) break;
    const from = position + pause;
    position = from + audio.length;
    said.push({ start: from / voiceRate, end: position / voiceRate, text });
    yield Buffer.alloc(2 * pause);
    yield wavSamples(audio);
  }
  yield Buffer.alloc(2 * (total - position));
}

/** What the recogniser will be sent parts of: the sound as it comes out of the video. */
async function writeHeard(): Promise<void> {
  const tools = await findTools({ env: process.env });
  const info = await probe(tools, at("talk.mp4"));
  async function* bytes(): AsyncGenerator<Buffer, void, void> {
    yield wavHeader(Math.round(info.duration * listeningRate) * 2, listeningRate);
    const source = { path: at("talk.mp4"), info, duration: info.duration };
    for await (const { samples } of listenTo(tools, source)) yield wavSamples(samples);
  }
  await pipeline(Readable.from(bytes()), createWriteStream(at("heard.wav")));
}
