/** The silence an Opus encoder puts first, which players throw away. */
import { open } from "node:fs/promises";
import type { Seconds } from "../core/segment.ts";

/** Pre-skip of the OpusHead packet (RFC 7845, 5.1) of an Ogg Opus file; 0 when there is none. */
export async function findOpusDelay(path: string): Promise<Seconds> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const head = buffer.subarray(0, bytesRead);
    const at = head.indexOf("OpusHead");
    return at < 0 || at + 12 > bytesRead ? 0 : head.readUInt16LE(at + 10) / 48_000;
  } finally {
    await file.close();
  }
}
