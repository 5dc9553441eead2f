/** Reads the sound of a video as a stream for whoever listens for words: 16 kHz mono, with the silences in it. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { listeningRate, type SoundPiece } from "../core/sound.ts";
import { timedInput } from "./extract.ts";
import { describeFailure } from "./ffmpeg.ts";
import { type MediaInfo, mainSound } from "./probe.ts";
import { silenceLog } from "./silence-log.ts";
import { installHint, type Tools } from "./tools.ts";

/**
 * Where sound may be cut. Only that hangs on it, so the level is high rather than low: old or noisy recordings rustle at −30 dBFS (one from
 * 1961 has no silence at all at −35), and the soft end of a word that counts as silence does no harm where the cut goes to the quietest moment of the longest
 * silence. What is noisier still has no silence; it is cut at its quietest moments, with an overlap. More than 0.25 s would miss the
 * pauses of a quick speaker, less would find the closed lips of a "p".
 */
const silence = "silencedetect=noise=-30dB:d=0.25";
/** Samples of a piece: a second. */
const pieceSamples = listeningRate;
const keptComplaints = 40;
/** ffmpeg ends soon after SIGTERM; one that hangs in a read does not get longer than this. */
const killAfterMs = 2000;

/** What to listen to. */
export type ListenOptions = {
  readonly path: string;
  readonly info: MediaInfo;
  /** Index among all streams of the file; default the default sound stream, else the first. */
  readonly stream?: number;
  /** Of the media, seconds; the sound is cut or padded to it. */
  readonly duration: Seconds;
};

/**
 * Decodes one sound stream, on the media's own timeline as `extractSound` does: sound that starts late gets silence before it, gaps
 * are filled, and it is cut or padded to exactly `round(duration · 16000)` samples.
 *
 * ffmpeg waits while the reader does (about three pieces lie in pipes), and is ended, waited for, when the reader stops early.
 *
 * @returns pieces of one second, the last one shorter. A silence that begins in a piece's last 0.25 s comes with the next one; one
 *   that goes on past a piece is told in stretches that touch.
 * @throws DubberError `invalid_media` when there is no such sound; `tool_failed` with the last lines of stderr, `missing_tool`; the signal's reason.
 */
export async function* listenTo(
  tools: Tools,
  { path, info, stream, duration }: ListenOptions,
  { signal }: Call = {},
): AsyncGenerator<SoundPiece, void, void> {
  signal?.throwIfAborted();
  const index = stream ?? mainSound(info)?.index;
  if (index === undefined || !info.audio.some((one) => one.index === index)) {
    throw new DubberError("invalid_media", `${path} has no sound to listen to.`, {
      hint: "Choose another sound stream, or a video with sound.",
    });
  }
  const wanted = Math.round(duration * listeningRate);
  if (wanted === 0) return;
  const filters = [
    `aresample=${listeningRate}:async=1:first_pts=0`,
    "aformat=sample_fmts=s16:channel_layouts=mono",
    `apad=whole_len=${wanted}`,
    `atrim=end_sample=${wanted}`,
    silence,
  ];
  // The filter reports at level info.
  const fixed = ["-hide_banner", "-nostats", "-nostdin", "-v", "info"];
  const output = ["-map", `0:${index}`, "-vn", "-af", filters.join(","), "-c:a", "pcm_s16le"];
  const args = [...fixed, ...timedInput(path, info.startTime), ...output, "-f", "s16le", "pipe:1"];
  const child = spawn(tools.ffmpeg, args, {
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const ended = endOf(child);
  const log = silenceLog();
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (!log.read(line)) complaints.push(line.slice(0, 1000));
    if (complaints.length > keptComplaints) complaints.shift();
  });
  const kill = () => endChild(child);
  signal?.addEventListener("abort", kill, { once: true });
  let done = 0;
  const piece = (samples: Int16Array): SoundPiece => {
    const start = done / listeningRate;
    done += samples.length;
    return { start, samples, silences: log.before(done / listeningRate) };
  };
  try {
    // One piece waits: the last is handed on only when ffmpeg has ended well and said all it had to say.
    let waiting: Int16Array | undefined;
    for await (const samples of inPieces(child.stdout)) {
      if (waiting !== undefined) {
        // ffmpeg writes a report before the sound it is about, so it is in the pipe; the loop has to turn to read it.
        await nextTurn();
        await nextTurn();
        yield piece(waiting);
        signal?.throwIfAborted();
      }
      waiting = samples;
    }
    const { exitCode, endedBySignal, error } = await ended;
    signal?.throwIfAborted();
    if (error !== undefined) throw cannotStart(tools.ffmpeg, error);
    if (exitCode !== 0) {
      const stderr = complaints.join("\n");
      throw describeFailure("ffmpeg", {
        stderr,
        ...(exitCode === null ? {} : { exitCode }),
        ...(endedBySignal === null ? {} : { endedBySignal }),
      });
    }
    const got = done + (waiting?.length ?? 0);
    if (got !== wanted || waiting === undefined) {
      throw new DubberError(
        "tool_failed",
        `ffmpeg gave ${got} samples of ${path} instead of ${wanted}.`,
        { hint: "Run `dubber doctor` to check the installation, and check that the file plays." },
      );
    }
    yield piece(waiting);
  } catch (error) {
    // Ended in the middle of a read, which then says only that its pipe is gone.
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", kill);
    endChild(child);
    await ended;
  }
}

/** Bytes of s16le → pieces of a second; the last one is what is left. */
async function* inPieces(bytes: Readable): AsyncGenerator<Int16Array, void, void> {
  const room = Buffer.alloc(pieceSamples * 2);
  let filled = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    for (let offset = 0; offset < chunk.length; ) {
      const taken = chunk.copy(room, filled, offset);
      filled += taken;
      offset += taken;
      if (filled === room.length) {
        yield samplesOf(room);
        filled = 0;
      }
    }
  }
  if (filled > 1) yield samplesOf(room.subarray(0, filled));
}

/** A copy: s16le is what every machine Node runs on has in memory. */
function samplesOf(bytes: Buffer): Int16Array {
  const samples = new Int16Array(bytes.length >> 1);
  Buffer.from(samples.buffer).set(bytes.subarray(0, samples.byteLength));
  return samples;
}

type End = {
  readonly exitCode: number | null;
  readonly endedBySignal: NodeJS.Signals | null;
  readonly error?: NodeJS.ErrnoException;
};
type Child = ChildProcessByStdio<null, Readable, Readable>;

function endOf(child: Child): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ exitCode: null, endedBySignal: null, error }));
    child.once("close", (exitCode, endedBySignal) => resolve({ exitCode, endedBySignal }));
  });
}

function endChild(child: Child): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill("SIGTERM");
  // Nobody reads any more, and a full pipe must not keep ffmpeg from leaving.
  child.stdout.destroy();
  const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  child.once("close", () => clearTimeout(timer));
}

function cannotStart(command: string, error: NodeJS.ErrnoException): DubberError {
  const isBusy = error.code === "EAGAIN" || error.code === "ENOMEM" || error.code === "EMFILE";
  return new DubberError(
    isBusy ? "tool_failed" : "missing_tool",
    `${command} could not be started (${error.code ?? error.message}).`,
    { cause: error, retryable: isBusy, ...(isBusy ? {} : { hint: installHint() }) },
  );
}
