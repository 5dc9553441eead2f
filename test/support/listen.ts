/** Hears and sees finished files the way a player does: decoded, each sample at its own time. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { measuredOnce } from "./measured-once.ts";

const run = promisify(execFile);
const rate = 48_000;
const limits = { maxBuffer: 256e6 };

/** Mono samples at 48 kHz; sample 0 is the file's timestamp 0, whenever its sound begins. */
export function listen(path: string, stream = "0:a:0"): Promise<Float32Array> {
  return measuredOnce(path, `samples ${stream}`, () => decode(path, stream));
}

async function decode(path: string, stream: string): Promise<Float32Array> {
  const filter = `aresample=${rate}:async=1:first_pts=0,aformat=sample_fmts=flt:channel_layouts=mono`;
  const { stdout } = await run(
    "ffmpeg",
    [
      ...["-v", "error", "-nostdin", "-copyts", "-i", path, "-map", stream, "-af", filter],
      ...["-f", "f32le", "-"],
    ],
    { ...limits, encoding: "buffer" },
  );
  return new Float32Array(
    stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length),
  );
}

/** The first time in a stretch, seconds, at which the sound reaches `share` of the stretch's peak. */
export function onset(
  samples: Float32Array,
  { from, to, share = 0.5 }: { from: number; to: number; share?: number },
): number {
  const part = samples.subarray(Math.round(from * rate), Math.round(to * rate));
  const peak = part.reduce((max, one) => Math.max(max, Math.abs(one)), 0);
  if (peak < 1e-3) return Number.NaN;
  return from + part.findIndex((one) => Math.abs(one) >= share * peak) / rate;
}

/** RMS of a stretch, dBFS. */
export function rmsDb(samples: Float32Array, from: number, to: number): number {
  const part = samples.subarray(Math.round(from * rate), Math.round(to * rate));
  return 10 * Math.log10(part.reduce((sum, one) => sum + one * one, 0) / part.length);
}

export type Packet = { readonly time: number; readonly end: number; readonly hash: string };

/** Time, end and content of every packet of a stream, e.g. `v:0`, sorted by time. */
export function packetsOf(path: string, stream: string): Promise<readonly Packet[]> {
  return measuredOnce(path, `packets ${stream}`, () => readPackets(path, stream));
}

async function readPackets(path: string, stream: string): Promise<readonly Packet[]> {
  const shown = "packet=pts_time,dts_time,duration_time,data_hash";
  const { stdout } = await run(
    "ffprobe",
    [
      ...["-v", "error", "-select_streams", stream, "-show_entries", shown],
      ...["-show_data_hash", "md5", "-of", "json", path],
    ],
    limits,
  );
  const { packets } = JSON.parse(stdout) as { packets: readonly Record<string, string>[] };
  return packets
    .map(({ pts_time, dts_time, duration_time, data_hash = "" }) => {
      const time = Number(pts_time ?? dts_time);
      return { time, end: time + Number(duration_time ?? 0), hash: data_hash };
    })
    .sort((a, b) => a.time - b.time);
}

/** One frame as RGB bytes. `at` counts from the first frame, seconds. */
export function frameAt(path: string, at: number): Promise<Buffer> {
  return measuredOnce(path, `frame ${at}`, () => decodeFrame(path, at));
}

async function decodeFrame(path: string, at: number): Promise<Buffer> {
  const { stdout } = await run(
    "ffmpeg",
    [
      ...["-v", "error", "-nostdin", "-ss", String(at), "-i", path, "-map", "0:v:0"],
      ...["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
    ],
    { ...limits, encoding: "buffer" },
  );
  return stdout;
}

/** One hash over all frames as they look, without their times. */
export async function pictureHash(path: string): Promise<string> {
  const args = ["-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough"];
  const { stdout } = await run("ffmpeg", [...args, "-f", "md5", "-"], limits);
  return stdout.trim();
}
