/** One prepared video that the tests of speaking have spoken by fake services, again and again. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dubber, type Ended, make, type Running, start } from "./command.ts";
import { quickMix } from "./dub.ts";
import { makeVideo } from "./media.ts";
import { startFakeElevenlabs } from "./services/fake-elevenlabs.ts";
import { startFakeOpenai } from "./services/fake-openai.ts";
import type { FakeRequest, FakeServiceOptions } from "./services/fake-service.ts";

/** Long and odd enough to be found wherever it should not be. */
export const secretKey = "sk-verysecret-4kT9zQ7wLm2XcV8b";

export const texts = [
  "Hola, esto es una prueba bastante larga.",
  "Hoy hablamos de los puentes.",
  "Sí.",
  "Mañana hablamos de los caminos.",
];

/** What the services saw while a command ran. */
export type Watched = Ended & {
  /** Calls to speak, refused ones too. */
  readonly asked: readonly FakeRequest[];
  /** How often something else was asked for: whether the key is taken, which voices there are. */
  readonly lookups: number;
  /** The most of them at once. */
  readonly mostInFlight: number;
};

export type Spoken = Watched & {
  /** Every object of `--json`, the last one the result. */
  readonly objects: readonly Readonly<Record<string, unknown>>[];
  readonly result: Readonly<Record<string, unknown>> & {
    readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
    readonly speech?: Readonly<Record<string, unknown>>;
    readonly warnings: readonly string[];
    readonly failures: readonly { readonly text: string; readonly reason: string }[];
  };
};

export type SpeechBench = AsyncDisposable & {
  at(...names: string[]): string;
  /** Keys and addresses of the two fakes, and a cache folder of its own. */
  readonly env: Readonly<Record<string, string>>;
  /** How the services behave from now on. */
  behaviour: Pick<FakeServiceOptions, "latencyMs" | "fault">;
  /** Runs a command in the folder, to its end. */
  run(args: readonly string[], env?: Readonly<Record<string, string | undefined>>): Promise<Spoken>;
  /** Runs `make` in the project, with the services in its environment. */
  make(...args: readonly string[]): Promise<Watched>;
  /** A `dubber` to send signals to. */
  start(args: readonly string[]): Running;
  /** Speaks the prepared text once more, every line anew. */
  synth(...args: readonly string[]): Promise<Spoken>;
};

/** Makes a video and its text, lays it out, and starts both services. */
export async function openSpeechBench(): Promise<SpeechBench> {
  const folder = await mkdtemp(join(tmpdir(), "dubber-speech-"));
  const at = (...names: string[]): string => join(folder, ...names);
  let mostInFlight = 0;
  let bench: SpeechBench;
  const options: FakeServiceOptions = {
    key: secretKey,
    latencyMs(request) {
      mostInFlight = Math.max(mostInFlight, openai.inFlight + elevenlabs.inFlight);
      return bench.behaviour.latencyMs?.(request) ?? 0;
    },
    fault: (request) => bench.behaviour.fault?.(request),
  };
  const openai = await startFakeOpenai(options);
  const elevenlabs = await startFakeElevenlabs(options);
  const services = [openai, elevenlabs];
  const env = {
    ...{ OPENAI_API_KEY: secretKey, OPENAI_BASE_URL: `${openai.url}/v1` },
    ...{ ELEVENLABS_API_KEY: secretKey, ELEVENLABS_BASE_URL: elevenlabs.url },
    XDG_CACHE_HOME: at("cache"),
  };
  await mkdir(at("cache"));
  await makeVideo(at("talk.mp4"), { seconds: 9 });
  const times = ["0.000 1.500", "1.500 2.900", "4.050 5.400", "6.200 7.200"];
  await writeFile(at("talk.es.vtt"), `WEBVTT\n\n${cues(times)}`);

  async function watch(run: () => Promise<Ended>): Promise<Watched> {
    const before = services.map(({ requests }) => requests.length);
    const lookupsBefore = openai.lookups + elevenlabs.lookups;
    mostInFlight = 0;
    const ended = await run();
    const asked = services.flatMap(({ requests }, index) => requests.slice(before[index]));
    const lookups = openai.lookups + elevenlabs.lookups - lookupsBefore;
    return { ...ended, asked, lookups, mostInFlight };
  }

  bench = {
    at,
    env,
    behaviour: {},
    async run(args, more = {}) {
      const watched = await watch(() => dubber(args, { cwd: folder, env: { ...env, ...more } }));
      const lines = args.includes("--json") ? watched.stdout.trim().split("\n") : [];
      const objects = lines.map((line) => JSON.parse(line));
      return { ...watched, objects, result: objects.at(-1) ?? {} };
    },
    make: (...args) => watch(() => make(args, { cwd: folder, env })),
    start: (args) => start(args, { cwd: folder, env }),
    synth(...args) {
      const work = ["--to", "es", "--workdir", "work", "--align-mode", "segment"];
      const quick = [...quickMix, "--force", "synth"];
      return bench.run(["synth", "talk.mp4", ...work, ...quick, ...args, "--json"]);
    },
    async [Symbol.asyncDispose]() {
      for (const service of services) await service.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await bench.run(["prep", "talk.mp4", "--subs", "talk.es.vtt", "--to", "es", "--workdir", "work"]);
  return bench;
}

function cues(times: readonly string[]): string {
  return times
    .map((time, index) => {
      const [from, to] = time.split(" ");
      return `00:00:0${from} --> 00:00:0${to}\n${texts[index]}\n`;
    })
    .join("\n");
}
