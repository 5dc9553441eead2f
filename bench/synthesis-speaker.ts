/** A process that speaks many lines and reports its own speed and memory; started by the benchmark of scale. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeFileAtomic } from "../src/core/atomic-file.ts";
import { mapStream } from "../src/core/map-stream.ts";
import { keepHeapSmall } from "../src/core/small-heap.ts";
import { openSynthesizer } from "../src/synthesis/catalogue.ts";
import { type ScheduledSynthesizer, scheduleCalls } from "../src/synthesis/schedule.ts";
import { speakEach } from "../src/synthesis/speak-each.ts";
import { encodeWavClip } from "../src/synthesis/wav-clip.ts";
import { environment, makeLines, type ServiceName } from "./synthesis-run.ts";

export type SpeakerSettings = {
  readonly service: ServiceName;
  readonly url: string;
  readonly count: number;
  readonly limit: number;
  /** What is done with a line: its sound is asked for, or kept as a clip as well, or a clip is kept without asking. */
  readonly keep: "sound only" | "clips on disk" | "disk alone";
};

export type SpeakerReport = {
  readonly seconds: number;
  readonly peakMib: number;
  readonly cpuSeconds: number;
  readonly lost: number;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  // As the command does.
  keepHeapSmall();
  const settings = JSON.parse(process.argv[2] ?? "{}") as SpeakerSettings;
  process.stdout.write(JSON.stringify(await speakMany(settings)));
}

async function speakMany(settings: SpeakerSettings): Promise<SpeakerReport> {
  const { service, url, count, limit, keep } = settings;
  const engine = await openSynthesizer(service, { env: environment(service, url), lanes: limit });
  await using synthesizer = scheduleCalls(engine, { limit });
  const lines = makeLines(count, 1, service);
  const began = performance.now();
  const spoken =
    keep === "clips on disk"
      ? await inDirectory((directory) => countClips(synthesizer, lines, directory))
      : keep === "disk alone"
        ? await inDirectory((directory) => countFiles(lines, directory))
        : await countSounds(synthesizer, lines);
  const seconds = (performance.now() - began) / 1000;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  return { seconds, peakMib: maxRSS / 1024, cpuSeconds, lost: count - spoken };
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "dubber-bench-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function countClips(
  synthesizer: ScheduledSynthesizer,
  lines: ReturnType<typeof makeLines>,
  directory: string,
): Promise<number> {
  let spoken = 0;
  for await (const { status } of speakEach({ synthesizer, lines, directory })) {
    if (status === "spoken") spoken += 1;
  }
  return spoken;
}

/** Without the service: what the disk can do, each clip flushed and renamed as the real ones are. */
async function countFiles(lines: ReturnType<typeof makeLines>, directory: string): Promise<number> {
  const clip = encodeWavClip(new Int16Array(2 * 24_000), 24_000);
  const write = ({ id }: { id: string }) => writeFileAtomic(join(directory, `${id}.wav`), clip);
  let written = 0;
  for await (const _ of mapStream(lines, 400, write)) written += 1;
  return written;
}

/** Without the disk: what engine and scheduler can do. */
async function countSounds(
  synthesizer: ScheduledSynthesizer,
  lines: ReturnType<typeof makeLines>,
): Promise<number> {
  let spoken = 0;
  const speak = async (line: { text: string; voice: string }): Promise<number> =>
    (await synthesizer.speak(line)).audio.length;
  for await (const samples of mapStream(lines, synthesizer.lanes, speak)) {
    if (samples > 0) spoken += 1;
  }
  return spoken;
}
