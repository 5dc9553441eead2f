/** Compares two runs of the same dub the strict way: every stream packet by packet, every file byte by byte. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hashFile } from "../../src/core/hash.ts";
import { ffprobe, packetHashes } from "./media.ts";

/** Everything about a finished run that has to be the same, however often it was interrupted. */
export async function fingerprintOf(
  languageDirectory: string,
  output: string,
): Promise<Record<string, string>> {
  const entries: [string, string][] = [];
  const { streams } = await ffprobe(output);
  const packets = (await packetHashes(output)).split("\n");
  for (const { index, codec_type } of streams) {
    const own = packets.filter((line) => line.startsWith(`${index},`));
    entries.push([`${codec_type} ${index}`, own.join("\n")]);
  }
  for (const name of [
    "plan.json",
    "subs.srt",
    "spoken.srt",
    "report.json",
    "sentences_groups.json",
  ]) {
    entries.push([name, await readFile(join(languageDirectory, name), "utf8")]);
  }
  entries.push(["new_audio.wav", await hashFile(join(languageDirectory, "new_audio.wav"))]);
  return Object.fromEntries(entries);
}

/** Spanish subtitles of `count` lines, one every 1.5 s. */
export function makeSubtitles(count: number): string {
  const stamp = (seconds: number): string =>
    new Date(seconds * 1000).toISOString().slice(11, 23).replace(".", ",");
  const words = ["casa", "puente", "camino", "ciudad", "escuela", "montaña", "ventana"];
  return Array.from({ length: count }, (_, index) => {
    const start = 0.2 + index * 1.5;
    const text = `La ${words[index % words.length]} número ${index + 1}.`;
    return `${index + 1}\n${stamp(start)} --> ${stamp(start + 1.2)}\n${text}\n`;
  }).join("\n");
}
