/** A video in which somebody speaks, and a service that hears and translates it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DubEvent, DubOptions, DubResult, dub } from "../../src/index.ts";
import { copyOnceMade } from "./made-once.ts";
import { ffmpeg } from "./media.ts";
import { type FakeOpenaiOptions, startFakeOpenai } from "./services/fake-openai.ts";
import type { FakeService } from "./services/fake-service.ts";
import { makeRecording, type Recording, type SpokenPhrase } from "./services/spoken-phrases.ts";
import { translateInto } from "./services/translate-into.ts";

export type HeardTalk = AsyncDisposable & {
  at(...names: string[]): string;
  readonly video: string;
  readonly recording: Recording;
  readonly transcript: readonly SpokenPhrase[];
  /** Library options: the service hears and translates, the embedded voice speaks Spanish, one line per phrase, sound only. */
  readonly options: {
    readonly video: string;
    readonly workdir: string;
    readonly output: string;
    readonly to: string;
    readonly stt: "openai";
    readonly translationModel: string;
    readonly skipPolish: true;
    readonly audioOnly: true;
    readonly alignMode: "segment";
    readonly background: "off";
    readonly loudness: "off";
  };
  /** What `prep` needs of them on the command line, without the work directory. */
  readonly prepArgs: readonly string[];
  /** Runs `begin` with {@link HeardTalk.options} and more, and the service; the events with its result. */
  run(
    begin: typeof dub,
    service: FakeService,
    options?: Partial<DubOptions>,
  ): Promise<DubResult & { readonly events: readonly DubEvent[] }>;
  /** Starts a service that knows this recording. It ends with the talk. */
  serve(options?: FakeOpenaiOptions): Promise<FakeService>;
  /** An environment whose OpenAI is the service. */
  env(service: FakeService): Readonly<Record<string, string>>;
};

/** English phrases of two to three seconds with pauses between. */
export const phrases: readonly SpokenPhrase[] = [
  { start: 0.6, end: 2.4, text: "Welcome to the garden of the old house." },
  { start: 3.4, end: 5.9, text: "Today we plant 12 trees along the wall." },
  { start: 6.8, end: 8.6, text: "Do not water them in the sun." },
  { start: 9.7, end: 12.2, text: "In the evening the ground is cool again." },
];

/** Makes the video, H.264 with AAC, and the recording it was made from. */
export async function makeHeardTalk({
  said = phrases,
  seconds,
}: {
  readonly said?: readonly SpokenPhrase[];
  readonly seconds?: number;
} = {}): Promise<HeardTalk> {
  const folder = await mkdtemp(join(tmpdir(), "dubber-heard-"));
  const at = (...names: string[]): string => join(folder, ...names);
  const recording = makeRecording({ phrases: said, ...(seconds !== undefined && { seconds }) });
  await writeFile(at("talk.wav"), recording.wav);
  await copyOnceMade(JSON.stringify(["heard", said, seconds]), at("talk.mp4"), (path) =>
    ffmpeg(
      ...["-f", "lavfi", "-i", "color=c=navy:s=160x90:r=25", "-i", at("talk.wav"), "-shortest"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"],
      // Lossless, so that what is heard is what was recorded.
      ...["-c:a", "flac", "-strict", "-2", path],
    ),
  );
  const [video, workdir, output] = [at("talk.mp4"), at("work"), at("out.wav")];
  const services: FakeService[] = [];
  const usual: HeardTalk["options"] = {
    ...{ video, workdir, output, to: "es", stt: "openai", translationModel: "gpt-4o-mini" },
    ...{ skipPolish: true, audioOnly: true, alignMode: "segment" },
    ...{ background: "off", loudness: "off" },
  };
  const env: HeardTalk["env"] = ({ url }) => ({
    ...{ PATH: process.env.PATH ?? "", HOME: folder, XDG_CACHE_HOME: at("cache") },
    ...{ OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: `${url}/v1` },
  });
  return {
    ...{ at, video, recording, transcript: said, options: usual, env },
    async run(begin, service, options = {}) {
      const job = begin({ ...usual, ...options }, { env: env(service) });
      const events: DubEvent[] = [];
      for await (const event of job) events.push(event);
      return { ...(await job.result), events };
    },
    prepArgs: [
      ...[video, "--to", "es", "--stt", "openai"],
      ...["--translation-model", "gpt-4o-mini", "--skip-polish"],
    ],
    async serve(options = {}) {
      const service = await startFakeOpenai({
        ...options,
        transcription: {
          ...(options.transcription?.hear === undefined && {
            ...{ recording: recording.samples, transcript: said },
          }),
          ...options.transcription,
        },
        chat: { answer: translateInto(), ...options.chat },
      });
      services.push(service);
      return service;
    },
    async [Symbol.asyncDispose]() {
      for (const service of services) await service.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** How often the service was asked for what a path says: `transcriptions`, `chat`. */
export function asked(service: FakeService, what: "transcriptions" | "chat"): number {
  return service.requests.filter(({ path }) => path.includes(what)).length;
}
