/** Listens to the original: who says what, and when. One recognition serves every language of the dub. */
import { basename, join } from "node:path";
import { z } from "zod";
import { createWav } from "../audio/wav-writer.ts";
import { writeFileAtomic, writeFileThrough } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { listeningRate, type SoundPiece } from "../core/sound.ts";
import { listenTo } from "../media/listen.ts";
import { partCache } from "../recognition/part-cache.ts";
import type { RecognitionRequest, RecognitionResult } from "../recognition/recognizer.ts";
import { type Transcript, transcribe } from "../recognition/transcribe.ts";
import type { Attempt } from "../scheduler/contract.ts";
import { formatSegments } from "../subtitles/segments-json.ts";
import { denoised } from "./denoised.ts";
import { nameSpeakers } from "./name-speakers.ts";
import type { CheckedOptions } from "./options.ts";
import { chosenStream } from "./sound-stage.ts";
import type { StageInput } from "./stage-input.ts";
import type { StageRecord } from "./state.ts";
import type { Listener, TextEngines } from "./text-engines.ts";
import { priceOfSound } from "./text-prices.ts";

/** What later steps ask the record of `recognition` for. */
export const recognitionFactsSchema = z.object({
  /** BCP 47. */
  language: z.string().optional(),
  recognizer: z.string(),
});

/**
 * Writes `segments_raw.json` (what was said, in the original language), `extracted.wav` (what was listened to) and the answers for every
 * part of the sound under `recognition/`, so that a part is paid for once.
 *
 * @throws DubberError `nothing_heard`; `model_missing`, `invalid_media` (no sound), `too_expensive`; what the recogniser fails with, when
 *   there is no other one to ask.
 */
export async function recognitionStage(input: StageInput, call: Call = {}): Promise<StageRecord> {
  const { work, options, setup } = input;
  const { listener, other, remarks } = await openListener(input);
  const detector = await setup.text.detector();
  const diarizer = options.speakers === "off" ? undefined : await setup.text.diarizer();
  const fingerprint = work.fingerprint({
    recognizer: [listener.name, listener.version],
    detector: detector?.name,
    language: options.sourceLanguage,
    stream: options.audioStream,
    denoiser: options.denoise ? (await setup.text.denoiser()).version : undefined,
    speakers: options.speakers,
    diarizer: diarizer?.version,
  });
  return await work.stage("recognition", "", {
    fingerprint,
    async run() {
      const soundPath = join(work.root, "extracted.wav");
      const rawPath = join(work.root, "segments_raw.json");
      const { transcript, warnings, used } = await hear(
        input,
        { listener, other },
        soundPath,
        call,
      );
      if (transcript.segments.length === 0) throw nothingHeard(options.video, transcript);
      const named = await nameSpeakers(input, transcript.segments, soundPath, call);
      await writeFileAtomic(rawPath, formatSegments(named.segments));
      const language = options.sourceLanguage ?? transcript.language;
      return {
        outputs: [soundPath, rawPath],
        warnings: [...remarks, ...warnings, ...transcript.warnings, ...named.warnings],
        facts: { recognizer: used.name, ...(language !== undefined && { language }) },
      };
    },
  });
}

/** Who listens, and who does when that fails. */
type Listeners = { readonly listener: Listener; readonly other: "local" | "openai" | undefined };

/** The recogniser that was asked for; one that cannot even be opened may be replaced as well. */
async function openListener({
  options,
  setup,
}: StageInput): Promise<Listeners & { readonly remarks: readonly string[] }> {
  const name = options.stt === "openai" ? "openai" : "local";
  const other = options.sttFallback ? otherOf(name) : undefined;
  try {
    return { listener: await open(setup.text, name, options), other, remarks: [] };
  } catch (error) {
    if (other === undefined || !(error instanceof DubberError)) throw error;
    const listener = await open(setup.text, other, { ...options, sttModel: undefined });
    return { listener, other: undefined, remarks: [fallbackRemark(name, other, error)] };
  }
}

function open(
  text: TextEngines,
  name: "local" | "openai",
  { sttModel, sourceLanguage }: Pick<CheckedOptions, "sttModel" | "sourceLanguage">,
): Promise<Listener> {
  return text.listener(name, { model: sttModel, language: sourceLanguage });
}

async function hear(
  input: StageInput,
  { listener, other }: Listeners,
  soundPath: string,
  call: Call,
): Promise<{
  readonly transcript: Transcript;
  readonly warnings: readonly string[];
  readonly used: Listener;
}> {
  const { options, setup } = input;
  try {
    const transcript = await hearWith(input, listener, soundPath, call);
    return { transcript, warnings: [], used: listener };
  } catch (error) {
    call.signal?.throwIfAborted();
    const isOver = error instanceof DubberError && endsAll.has(error.code);
    if (other === undefined || !(error instanceof DubberError) || isOver) throw error;
    const second = await open(setup.text, other, { ...options, sttModel: undefined });
    const transcript = await hearWith(input, second, soundPath, call);
    return { transcript, warnings: [fallbackRemark(listener.name, other, error)], used: second };
  }
}

/** What another recogniser would meet as well. */
const endsAll: ReadonlySet<string> = new Set([
  "too_expensive",
  "disk_full",
  "not_writable",
  "invalid_media",
  "tool_failed",
  "missing_tool",
]);

async function hearWith(
  { work, options, setup, emit, bill, ...input }: StageInput,
  listener: Listener,
  soundPath: string,
  call: Call,
): Promise<Transcript> {
  const [tools, info] = await Promise.all([input.tools(), input.info()]);
  const stream = chosenStream(options, info);
  const { duration } = info;
  const source = { path: options.video, info, duration };
  let done = 0;
  const detector = await setup.text.detector();
  return await writeFileThrough(soundPath, async (path) => {
    await using wav = await createWav(path, { sampleRate: listeningRate, channels: 1 });
    const noisy = listenTo(tools, { ...source, ...(stream && { stream: stream.index }) }, call);
    const pieces = options.denoise ? denoised(noisy, await setup.text.denoiser(), call) : noisy;
    async function* kept(): AsyncIterable<SoundPiece> {
      for await (const piece of pieces) {
        await wav.write(piece.samples);
        yield piece;
      }
    }
    return await transcribe(
      {
        pieces: kept(),
        features: listener.features,
        limit: partsAtOnce(listener),
        cache: partCache(join(work.root, "recognition"), `${listener.name} ${listener.version}`),
        recognize: (request, askCall) =>
          askForPart(listener, request, { options, bill, emit }, askCall),
        onPart({ end, start }) {
          done += end - start;
          emit({ type: "progress", stage: "recognition", done, total: duration, unit: "seconds" });
        },
        ...(detector && { detector }),
        ...(options.sourceLanguage !== undefined && { language: options.sourceLanguage }),
      },
      call,
    );
  });
}

/** Parts held in memory: those in flight, and two that need not be cut first when a slot is free. */
function partsAtOnce(listener: Listener): number {
  return Math.min(listener.lanes, listener.state().limit + 2);
}

/** One question to the recogniser, on the bill. */
async function askForPart(
  listener: Listener,
  request: RecognitionRequest,
  { options, bill, emit }: Pick<StageInput, "options" | "bill" | "emit">,
  call: Call,
): Promise<RecognitionResult> {
  const price = priceOfSound(listener.name, request.samples.length / listeningRate, options);
  const pay = bill.reserve(price, "Listening on");
  try {
    const onAttempt = (attempt: Attempt): void =>
      emit({ type: "call", stage: "recognition", ...attempt, ms: Math.round(attempt.ms) });
    const result = await listener.ask(request, { ...call, onAttempt });
    pay(price);
    return result;
  } catch (error) {
    pay(0);
    throw error;
  }
}

function otherOf(name: string): "local" | "openai" {
  return name === "openai" ? "local" : "openai";
}

function fallbackRemark(first: string, second: string, { message }: DubberError): string {
  return `${second} listened, since ${first} could not: ${message}`;
}

function nothingHeard(video: string, { warnings }: Transcript): DubberError {
  const why = warnings.length > 0 ? ` ${warnings.join(" ")}` : "";
  return new DubberError("nothing_heard", `Nobody speaks in ${basename(video)}.${why}`, {
    hint: "If somebody does, choose the sound with --audio-stream, the language with --source-language, or give the text with --subs.",
  });
}
