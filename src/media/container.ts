/** Which kind of file it is, told apart further than ffprobe does. */
import { open } from "node:fs/promises";
import { extname } from "node:path";
import type { ProbedHeader } from "./probe-schema.ts";

export type Container =
  | "mp4"
  | "mov"
  | "mkv"
  | "webm"
  | "avi"
  | "mp3"
  | "wav"
  | "flac"
  | "m4a"
  | "opus"
  | "ogg"
  | "other";

/** The container of a probed file. */
export async function findContainer(path: string, header: ProbedHeader): Promise<Container> {
  const { format_name: format, tags } = header.format;
  const extension = extname(path).toLowerCase();
  if (format.startsWith("mov")) {
    const brand = tags.major_brand ?? "";
    if (brand.startsWith("qt")) return "mov";
    return /^M4[AB]/.test(brand) || extension === ".m4a" || extension === ".m4b" ? "m4a" : "mp4";
  }
  if (format.startsWith("matroska")) return (await isWebm(path)) ? "webm" : "mkv";
  if (format === "ogg") {
    const codecs = header.streams.map(({ codec_name }) => codec_name);
    return codecs.length === 1 && codecs[0] === "opus" ? "opus" : "ogg";
  }
  if (format === "w64") return "wav";
  return isPlain(format) ? format : "other";
}

const plain = ["avi", "mp3", "wav", "flac"] as const;

function isPlain(format: string): format is (typeof plain)[number] {
  return (plain as readonly string[]).includes(format);
}

/** ffprobe calls both "matroska,webm"; the EBML header's DocType (0x4282) tells. */
async function isWebm(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(128), 0, 128, 0);
    const start = buffer.subarray(0, bytesRead);
    const at = start.indexOf(Buffer.from([0x42, 0x82]));
    return at >= 0 && start.subarray(at + 3, at + 11).includes("webm");
  } finally {
    await file.close();
  }
}
