/** Files made to harm whoever decodes them. For tests: each is built by hand, byte by byte, where no tool would write it. */

/** A WAV whose header may say anything. */
export function forgedWav({
  sampleRate = 24_000,
  channels = 1,
  samples,
  dataBytes,
  before = Buffer.alloc(0),
}: {
  readonly sampleRate?: number;
  readonly channels?: number;
  readonly samples: Int16Array;
  /** What the data chunk says it has. */
  readonly dataBytes?: number;
  /** Chunks before the data. */
  readonly before?: Buffer;
}): Buffer {
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const head = Buffer.alloc(36);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(Math.min(0xffff_ffff, 36 + (dataBytes ?? data.length)), 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE((sampleRate * channels * 2) % 2 ** 32, 28);
  head.writeUInt16LE((channels * 2) % 2 ** 16, 32);
  head.writeUInt16LE(16, 34);
  const size = Buffer.alloc(8);
  size.write("data", 0, "latin1");
  size.writeUInt32LE(dataBytes ?? data.length, 4);
  return Buffer.concat([head, before, size, data]);
}

/**
 * Ogg Opus in packets of two bytes, each of which decodes to 120 ms of stereo silence: an hour is 93 kB, and 690 MB of samples.
 * RFC 6716, 3.2.5: code 3, which is a number of frames and, without padding, nothing else.
 */
export function opusBomb(hours: number): Buffer {
  // SILK, 20 ms, stereo (configuration 1), code 3, six frames of 0 bytes.
  const packet = Buffer.from([(1 << 3) | 0b100 | 3, 6]);
  const head = Buffer.alloc(19);
  head.write("OpusHead", 0, "latin1");
  head[8] = 1;
  head[9] = 2;
  head.writeUInt32LE(48_000, 12);
  const tags = Buffer.alloc(16);
  tags.write("OpusTags", 0, "latin1");
  const pages = [oggPage([head], 0, 0), oggPage([tags], 0, 1)];
  const packets = Array.from({ length: 255 }, () => packet);
  const pageSamples = 255 * 0.12 * 48_000;
  for (let page = 0; page * pageSamples < hours * 3600 * 48_000; page++) {
    pages.push(oggPage(packets, (page + 1) * pageSamples, page + 2));
  }
  return Buffer.concat(pages);
}

/** RFC 3533, 6. */
function oggPage(packets: readonly Buffer[], granule: number, sequence: number): Buffer {
  const head = Buffer.alloc(27);
  head.write("OggS", 0, "latin1");
  head[5] = sequence === 0 ? 2 : 0;
  head.writeBigUInt64LE(BigInt(granule), 6);
  head.writeUInt32LE(7, 14);
  head.writeUInt32LE(sequence, 18);
  head[26] = packets.length;
  const page = Buffer.concat([head, Buffer.from(packets.map(({ length }) => length)), ...packets]);
  page.writeUInt32LE(oggChecksum(page), 22);
  return page;
}

function oggChecksum(page: Buffer): number {
  let sum = 0;
  for (const byte of page) sum = ((sum << 8) ^ (checksums[((sum >>> 24) ^ byte) & 255] ?? 0)) >>> 0;
  return sum;
}
const checksums = Uint32Array.from({ length: 256 }, (_, index) => {
  let sum = index << 24;
  for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? 0x04c1_1db7 : 0);
  return sum >>> 0;
});

/** The same FLAC with a picture of that many bytes in its tags. */
export function flacWithPicture(flac: Buffer, pictureBytes: number): Buffer {
  const streamInfo = Buffer.from(flac.subarray(4, 42));
  streamInfo.writeUInt8(streamInfo.readUInt8(0) & 0x7f, 0);
  const type = "image/png";
  const facts = Buffer.alloc(32 + type.length);
  facts.writeUInt32BE(3, 0);
  facts.writeUInt32BE(type.length, 4);
  facts.write(type, 8, "latin1");
  facts.writeUInt32BE(pictureBytes, 28 + type.length);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(facts.length + pictureBytes, 0);
  head[0] = 6;
  const picture = Buffer.alloc(pictureBytes, 0xa5);
  return Buffer.concat([flac.subarray(0, 4), streamInfo, head, facts, picture, flac.subarray(42)]);
}

/** The same MOV (its index behind its sound) with its samples said to lie in another file: an `alis` data reference. */
export function movReferring(mov: Buffer, target: string): Buffer {
  const path = Buffer.from(target.length % 2 ? `${target}\0` : target, "latin1");
  const entry = Buffer.concat([
    Buffer.from("\0\0\0\0alis\0\0\0\0", "latin1"),
    Buffer.alloc(10),
    pascal("disk", 27),
    Buffer.alloc(12),
    pascal("a.wav", 63),
    Buffer.alloc(16),
    Buffer.from([0, 1, 0, 1]),
    Buffer.alloc(16),
    Buffer.from([0, 2, path.length >> 8, path.length & 255]),
    path,
    Buffer.from([0xff, 0xff, 0, 0]),
  ]);
  entry.writeUInt32BE(entry.length, 0);
  const at = mov.indexOf("dref") + 12;
  const grown = entry.length - mov.readUInt32BE(at);
  const changed = Buffer.concat([
    mov.subarray(0, at),
    entry,
    mov.subarray(at + mov.readUInt32BE(at)),
  ]);
  for (const box of ["moov", "trak", "mdia", "minf", "dinf", "dref"]) {
    const size = changed.indexOf(box) - 4;
    changed.writeUInt32BE(changed.readUInt32BE(size) + grown, size);
  }
  return changed;
}

function pascal(text: string, room: number): Buffer {
  const bytes = Buffer.alloc(1 + room);
  bytes[0] = text.length;
  bytes.write(text, 1, "latin1");
  return bytes;
}

/** A MOV whose whole index is compressed (`cmov`) and said to be `bytes` long when it is not. */
export function compressedIndexBomb(bytes: number): Buffer {
  const box = (name: string, ...parts: readonly Buffer[]): Buffer => {
    const head = Buffer.alloc(8);
    const body = Buffer.concat(parts);
    head.writeUInt32BE(8 + body.length, 0);
    head.write(name, 4, "latin1");
    return Buffer.concat([head, body]);
  };
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes);
  const index = box(
    "cmov",
    box("dcom", Buffer.from("zlib", "latin1")),
    box("cmvd", size, Buffer.alloc(1000, 0x78)),
  );
  return Buffer.concat([
    box("ftyp", Buffer.from("qt  \0\0\0\0qt  ", "latin1")),
    box("moov", index),
  ]);
}

/** AMR at 12.2 kbit/s, as phones record it; RFC 4867, 5. */
export function amr(seconds: number): Buffer {
  const frames = Array.from({ length: seconds * 50 }, (_, frame) =>
    Buffer.from(
      Array.from({ length: 32 }, (_, at) => (at === 0 ? 0x3c : (frame * 31 + at * 97) & 255)),
    ),
  );
  return Buffer.concat([Buffer.from("#!AMR\n", "latin1"), ...frames]);
}
