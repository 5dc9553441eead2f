/** Sound that stands for speech: the same request gives the same samples, another one gives others. */

export type Saying = {
  /** Everything that decides the sound, joined. */
  readonly key: string;
  readonly seconds: number;
};

/** How the samples are packed: a WAV as a stream writes it (sizes unknown), a whole WAV, or nothing but samples. */
export type Packing = "streamed-wav" | "wav" | "raw";

const peak = 12_000;
const silenceSeconds = 0.05;
const rampSeconds = 0.005;
const templates = new Map<string, Int16Array>();

/**
 * A harmonic buzz with four syllables a second and 50 ms of silence at both ends; mono, 16 bits, peak about 12,000.
 *
 * @param sampleRate Hz.
 * @param samples how many to make instead of `seconds` × `sampleRate`.
 */
export function packSpeech(
  { key, seconds }: Saying,
  sampleRate: number,
  packing: Packing,
  samples = Math.max(1, Math.round(seconds * sampleRate)),
): Buffer {
  const head = header(packing, samples * 2, sampleRate);
  const file = Buffer.allocUnsafeSlow(head.length + samples * 2);
  head.copy(file);
  fillWithSpeech(new Int16Array(file.buffer, head.length, samples), hash(key), sampleRate);
  return file;
}

/** A 32-bit hash of a text: FNV-1a over its UTF-16 code units. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}

function fillWithSpeech(samples: Int16Array, seed: number, sampleRate: number): void {
  const template = templateOf(90 + (seed % 151), sampleRate);
  const silence = Math.min(Math.round(silenceSeconds * sampleRate), samples.length >> 2);
  const end = samples.length - silence;
  samples.fill(0, 0, silence);
  samples.fill(0, end);
  // A second of the template ends where it begins, so it may be entered anywhere and repeated.
  let from = (seed >>> 8) % sampleRate;
  for (let at = silence; at < end; ) {
    const part = template.subarray(from, from + end - at);
    samples.set(part, at);
    at += part.length;
    from = 0;
  }
  const ramp = Math.min(Math.round(rampSeconds * sampleRate), (end - silence) >> 1);
  for (let index = 0; index < ramp; index++) {
    const [first, last] = [silence + index, end - 1 - index];
    samples[first] = ((samples[first] ?? 0) * index) / ramp;
    samples[last] = ((samples[last] ?? 0) * index) / ramp;
  }
}

/** One second of buzz at a whole number of Hz. */
function templateOf(pitch: number, sampleRate: number): Int16Array {
  const name = `${pitch} ${sampleRate}`;
  const known = templates.get(name);
  if (known !== undefined) return known;
  const template = Int16Array.from({ length: sampleRate }, (_, index) => {
    const time = index / sampleRate;
    const phase = 2 * Math.PI * pitch * time;
    const buzz = Math.sin(phase) + Math.sin(2 * phase) / 2 + Math.sin(3 * phase) / 3;
    const syllable = 0.55 - 0.45 * Math.cos(2 * Math.PI * 4 * time);
    return Math.round((peak / 1.6) * buzz * syllable);
  });
  templates.set(name, template);
  return template;
}

/** As ffmpeg writes it to a pipe, with a LIST chunk before the data and no sizes; or plain, with true sizes; or none. */
function header(packing: Packing, dataBytes: number, sampleRate: number): Buffer {
  if (packing === "raw") return Buffer.alloc(0);
  const isStreamed = packing === "streamed-wav";
  const list = isStreamed ? listChunk("Lavf60.16.100") : Buffer.alloc(0);
  const head = Buffer.alloc(36);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(isStreamed ? 0xffffffff : 36 + list.length + dataBytes, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // mono
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  const data = Buffer.from("data\0\0\0\0", "latin1");
  data.writeUInt32LE(isStreamed ? 0xffffffff : dataBytes, 4);
  return Buffer.concat([head, list, data]);
}

function listChunk(software: string): Buffer {
  const text = Buffer.from(`${software}\0`, "latin1");
  const chunk = Buffer.alloc(20 + text.length);
  chunk.write("LIST", 0, "latin1");
  chunk.writeUInt32LE(12 + text.length, 4);
  chunk.write("INFOISFT", 8, "latin1");
  chunk.writeUInt32LE(text.length, 16);
  text.copy(chunk, 20);
  return chunk;
}
