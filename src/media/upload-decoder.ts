/**
 * Decodes a recording that a stranger has sent: any bytes whatever. It does so in a process that may read one file, write none and open
 * nothing else, and that is ended when it takes too long or gives too much. What the sound is used for belongs to `voice-sample.ts`.
 */
import { existsSync } from "node:fs";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { cannotStart } from "./child.ts";
import { localFile } from "./ffmpeg.ts";
import { type PipedEnd, startPiped } from "./piped-child.ts";
import { readPipedWav } from "./piped-wav.ts";
import type { Tools } from "./tools.ts";
import { uploadReport } from "./upload-report.ts";
import {
  damaged,
  limits,
  noSound,
  notARecording,
  tooBig,
  tooLong,
  verdictOnForm,
} from "./upload-verdicts.ts";

/** Sound and nothing else; none of these opens another file (`mov` could, and does not unless told to). */
const demuxers = "wav,w64,aiff,caf,flac,mp3,ogg,matroska,mov,aac,amr";
/** Decoders of sound in use. No picture is ever decoded, not even to look at its size. */
const decoders = [
  "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be",
  "pcm_alaw,pcm_mulaw,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,flac,alac,mp3float,mp3,aac,opus,libopus,vorbis,amrnb,amrwb",
].join();

/** A block ffmpeg may ask for at once; the largest honest ones are pictures in tags, 16 MB. */
const largestBlockBytes = 64 * 1024 * 1024;
/** Frames that may be damaged before the file is: MP3s often end in what is no sound. */
const damagedShare = 0.05;
/** A codec's padding at the end makes no recording too long. */
const codecPadding: Seconds = 0.1;
/** How much less than its header says may be in a file. */
const missingSeconds: Seconds = 0.5;
const missingShare = 0.05;

/** Whole frames of a recording, as they are decoded. */
export type UploadPiece = {
  /** The recording's own, Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** s16le, channels interleaved. */
  readonly bytes: Buffer;
};

/**
 * Decodes the first sound stream of `path` at its own rate, and counts what comes. ffmpeg waits while the reader does, and is
 * killed and waited for when the reader stops.
 *
 * @param path absolute, of a plain file.
 * @throws DubberError `invalid_media` for whatever is wrong with the file, in words that repeat nothing of it; `tool_failed` (retryable) when
 *   ffmpeg was ended from outside, `missing_tool`; the signal's reason.
 */
export async function* decodeUpload(
  tools: Tools,
  { path, maxSeconds }: { readonly path: string; readonly maxSeconds: Seconds },
  { signal }: Call = {},
): AsyncGenerator<UploadPiece, void, void> {
  signal?.throwIfAborted();
  const report = uploadReport();
  const [command, args] = confined(tools.ffmpeg, decoderArguments(path, maxSeconds));
  const child = startPiped(command, args, { env: bareEnvironment(), onComplaint: report.read });
  child.stdin.end();
  signal?.addEventListener("abort", child.kill, { once: true });
  let frames = 0;
  let sampleRate = 1;
  try {
    for await (const piece of readPipedWav(child.stdout)) {
      const verdict = verdictOnForm(piece);
      if (verdict) throw verdict;
      sampleRate = piece.sampleRate;
      const frameBytes = 2 * piece.channels;
      frames += piece.bytes.length / frameBytes;
      if (frames > (maxSeconds + codecPadding) * sampleRate) throw tooLong(maxSeconds);
      if (frames * frameBytes > limits.decodedBytes) throw tooBig();
      yield piece;
    }
    const end = await child.ended;
    signal?.throwIfAborted();
    checkEnd(end);
    if (report.hasNoSound()) throw noSound();
    if (!report.isOpened()) throw notARecording();
    if (end.exitCode !== 0 || frames === 0) throw damaged();
    const seconds = frames / sampleRate;
    const claimed = report.claimedSeconds() ?? 0;
    if (claimed - seconds > Math.max(missingSeconds, missingShare * claimed)) {
      throw damaged({ seconds, claimed });
    }
  } catch (error) {
    // Killed in the middle of a read, which then says only that its pipe is gone.
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", child.kill);
    child.kill();
    await child.ended;
  }
}

function decoderArguments(path: string, maxSeconds: Seconds): string[] {
  const whitelists = ["-protocol_whitelist", "file,pipe", "-format_whitelist", demuxers];
  const input = [...whitelists, "-codec_whitelist", decoders, "-threads", "1", "-vn", "-sn", "-dn"];
  const fixed = ["-hide_banner", "-nostats", "-nostdin", "-v", "info", "-filter_threads", "1"];
  const caps = ["-max_alloc", `${largestBlockBytes}`, "-max_error_rate", `${damagedShare}`];
  const output = ["-map", "0:a:0", "-map_metadata", "-1", "-fflags", "+bitexact"];
  // Beyond the limit, so that reaching it can be told from ending at it. Timestamps can lie: what counts is what is counted.
  const cut = ["-t", `${maxSeconds + 1}`];
  // Neither another rate nor another number of channels: ffmpeg gives what it decodes, no more.
  const sound = ["-c:a", "pcm_s16le", "-f", "wav", "pipe:1"];
  return [...fixed, ...caps, ...input, "-i", localFile(path), ...output, ...cut, ...sound];
}

/**
 * With util-linux, which Debian always has, the system itself sees to it: 256 MB of memory, no byte into a file, and an end in sight even where
 * nobody is left to kill it. prlimit becomes the program it starts, so that its process id is that program's.
 */
function confined(command: string, args: readonly string[]): [string, readonly string[]] {
  if (prlimit === undefined) return [command, args];
  const most = ["--data=268435456", "--fsize=0", "--core=0", "--cpu=60"];
  return [prlimit, [...most, "--", command, ...args]];
}
const prlimit = ["/usr/bin/prlimit", "/bin/prlimit"].find((path) => existsSync(path));

/** What a program needs to start, and no key. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const names = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SystemRoot"];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** Throws what the file is not to blame for. */
function checkEnd({ startError, endedBySignal, exitCode, stderr }: PipedEnd): void {
  if (startError) throw cannotStart("ffmpeg", startError);
  if (/^prlimit: /m.test(stderr)) {
    const hint = "Check that ffmpeg is installed: `dubber doctor`.";
    throw new DubberError("missing_tool", "ffmpeg could not be started.", { hint });
  }
  // It catches the milder signals and leaves with 255.
  if (exitCode === 255 || endedBySignal === "SIGKILL" || endedBySignal === "SIGTERM") {
    const hint = "Try again; if it repeats, look whether the machine runs out of memory.";
    throw new DubberError("tool_failed", "ffmpeg was ended from outside.", {
      hint,
      retryable: true,
    });
  }
}
