import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { foundTools } from "../../test/support/found-tools.ts";
import { longOrShort } from "../../test/support/long-or-short.ts";
import { DubberError } from "../core/error.ts";
import { hashBytes } from "../core/hash.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import {
  amr,
  compressedIndexBomb,
  flacWithPicture,
  forgedWav,
  movReferring,
  opusBomb,
} from "./testing/attack-files.ts";
import type { Tools } from "./tools.ts";
import { decodeUpload } from "./upload-decoder.ts";
import { decodeVoiceSample, type VoiceSample, type VoiceSampleOptions } from "./voice-sample.ts";

let tools: Tools;
let directory: string;
const at = (name: string): string => join(directory, name);
/** Alone in its folder, so that a leftover is seen. */
const outPath = (): string => at("voices/stored.wav");
const tone = (seconds: number, sampleRate = 24_000, hertz = 440): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * sampleRate) }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hertz * index) / sampleRate)),
  );

const formats = "wav w64 aiff caf flac mp3 opus ogg mka webm m4a mov mp4 aac".split(" ");

beforeAll(async () => {
  tools = await foundTools();
  directory = await mkdtemp(join(tmpdir(), "dubber-sample-"));
  await mkdir(at("voices"));
  const tags = ["-ac", "2", "-metadata", "title=a secret title"];
  await runFfmpeg(tools, [
    ...["-f", "lavfi", "-i", "sine=f=440:r=48000:d=3"],
    ...formats.flatMap((format) => [...tags, localFile(at(`tone.${format}`))]),
  ]);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function decode(
  name: string,
  options: Partial<VoiceSampleOptions> = {},
): Promise<VoiceSample> {
  await rm(outPath(), { force: true });
  const fixed = { path: at(name), outPath: outPath(), maxSeconds: 30 };
  return await decodeVoiceSample(tools, { ...fixed, ...options });
}

async function decodeBytes(
  bytes: string | Uint8Array,
  options: Partial<VoiceSampleOptions> = {},
): Promise<VoiceSample> {
  await writeFile(at("upload"), bytes);
  return await decode("upload", options);
}

/** Refused, in words for people, and nothing is left. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => expect.fail("It was not refused."),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DubberError)) throw error;
  expect(error).toMatchObject({ code: "invalid_media", retryable: false });
  expect(error.hint).toMatch(/\w/);
  const words = `${error.message} ${error.hint}`;
  expect(words).not.toMatch(/\/|0x|secret|Error|Invalid|Stream|ffmpeg|demuxer/);
  expect(await readdir(at("voices"))).toEqual([]);
  return error.message;
}

/** Samples of a plain WAV; its header is looked at byte by byte. */
async function stored(sample: VoiceSample): Promise<Int16Array> {
  const bytes = await readFile(outPath());
  const data = bytes.length - 44;
  expect(bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16)).toBe("RIFFWAVEfmt ");
  expect(bytes.readUInt32LE(4)).toBe(data + 36);
  expect([16, 20, 22, 32, 34].map((place) => bytes.readUInt16LE(place))).toEqual([16, 1, 1, 2, 16]);
  expect(bytes.readUInt32LE(24)).toBe(sample.sampleRate);
  expect(bytes.toString("latin1", 36, 40)).toBe("data");
  expect(bytes.readUInt32LE(40)).toBe(data);
  expect(sample.sizeBytes).toBe(bytes.length);
  expect(sample.sha256).toBe(hashBytes(bytes));
  expect(sample.seconds).toBe(data / 2 / sample.sampleRate);
  expect(await readdir(at("voices"))).toEqual(["stored.wav"]);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
}

/** The share of the power that a tone has, whatever its phase. */
function toneShare(samples: Int16Array, sampleRate: number, hertz = 440): number {
  let [sine, cosine, power] = [0, 0, 0];
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hertz * index) / sampleRate;
    sine += sample * Math.sin(angle);
    cosine += sample * Math.cos(angle);
    power += sample ** 2;
  }
  return (2 * (sine ** 2 + cosine ** 2)) / (samples.length * power);
}

/** Processes that work on an upload, by what stands in their command. */
async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes(text)) found.push(pid);
  }
  return found;
}

describe("a recording", () => {
  const some = "wav aiff flac mp3 opus webm m4a aac".split(" ");

  it.each(longOrShort(formats, some))(
    "in %s becomes a plain mono WAV with nothing of its tags",
    async (format) => {
      const original = await readFile(at(`tone.${format}`));
      const sample = await decode(`tone.${format}`);
      expect(sample.sampleRate).toBe(24_000);
      expect(sample).toMatchObject({ sourceSampleRate: 48_000, sourceChannels: 2 });
      expect(sample.sourceSeconds).toBeGreaterThan(2.95);
      expect(sample.sourceSeconds).toBeLessThan(3.08);
      const samples = await stored(sample);
      expect(toneShare(samples.subarray(2400, -2400), 24_000)).toBeGreaterThan(0.98);
      expect((await readFile(outPath())).includes("secret")).toBe(false);
      expect((await readFile(at(`tone.${format}`))).equals(original)).toBe(true);
    },
  );

  it("of a phone, in AMR, is read as well", async () => {
    const sample = await decodeBytes(amr(2));
    expect(sample).toMatchObject({ sourceSampleRate: 8000, sourceSeconds: 2 });
    await stored(sample);
  });

  it.each(longOrShort([8000, 16_000, 24_000, 44_100, 48_000], [16_000, 44_100]))(
    "is stored at %i Hz when that is asked for",
    async (sampleRate) => {
      const sample = await decodeBytes(forgedWav({ samples: tone(1) }), { sampleRate });
      const samples = await stored(sample);
      expect(sample.sampleRate).toBe(sampleRate);
      expect(samples.length / sampleRate).toBeCloseTo(1, 2);
      expect(toneShare(samples, sampleRate)).toBeGreaterThan(0.98);
    },
  );

  it("that needs no change keeps its samples, and its level whatever that is", async () => {
    const samples = tone(1).map((one) => one / 20);
    expect(await stored(await decodeBytes(forgedWav({ samples })))).toEqual(samples);
  });

  it("loses its silence but for 0.2 s at either end, and never gets shorter than asked", async () => {
    const silence = (seconds: number) => new Int16Array(seconds * 24_000);
    const samples = Int16Array.from([...silence(2), ...tone(1), ...silence(3)]);
    const sample = await decodeBytes(forgedWav({ samples }));
    expect(sample.seconds).toBeCloseTo(1.4, 1);
    expect(sample.sourceSeconds).toBe(6);
    const longer = await decodeBytes(forgedWav({ samples }), { minSeconds: 5.5 });
    expect(longer.seconds).toBe(5.5);
    const atTheEnd = Int16Array.from([...silence(3), ...tone(1)]);
    const whole = await decodeBytes(forgedWav({ samples: atTheEnd }), { minSeconds: 3 });
    expect(whole.seconds).toBe(3);
    expect(toneShare((await stored(whole)).subarray(-24_000), 24_000)).toBeGreaterThan(0.9);
  });

  it("inside a video, beside other sound, is the first of the sounds", async () => {
    const picture = ["-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=6"];
    const first = ["-f", "lavfi", "-i", "sine=f=440:r=48000:d=2"];
    const second = ["-f", "lavfi", "-i", "sine=f=1000:r=48000:d=4"];
    const map = ["-map", "0", "-map", "1", "-map", "2"];
    await runFfmpeg(tools, [...picture, ...first, ...second, ...map, localFile(at("film.mp4"))]);
    const sample = await decode("film.mp4");
    expect(sample.sourceSeconds).toBeCloseTo(2, 1);
    expect(toneShare(await stored(sample), 24_000)).toBeGreaterThan(0.95);
  });

  it("with a picture of 16 MB in its tags is decoded without it", async () => {
    const flac = await readFile(at("tone.flac"));
    const sample = await decodeBytes(flacWithPicture(flac, 16_000_000));
    expect(sample.sourceSeconds).toBe(3);
  });

  it("written while its length was unknown is as long as it is", async () => {
    for (const dataBytes of longOrShort(
      [0, 0x7fff_ffff, 0xffff_fff0, 0xffff_ffff],
      [0, 0xffff_ffff],
    )) {
      const sample = await decodeBytes(forgedWav({ samples: tone(2), dataBytes }));
      expect(sample.sourceSeconds).toBe(2);
    }
  });
});

describe("a recording is refused", () => {
  it("when it is longer than allowed, and only then", async () => {
    const bytes = forgedWav({ samples: tone(3) });
    expect(await refusal(decodeBytes(bytes, { maxSeconds: 2.5 }))).toContain("longer than 2.5 s");
    expect((await decodeBytes(bytes, { maxSeconds: 3 })).seconds).toBe(3);
  });

  it("when it is shorter than asked, silent, or empty", async () => {
    const half = forgedWav({ samples: tone(0.5) });
    expect(await refusal(decodeBytes(half, { minSeconds: 1 }))).toContain("0.5 s long");
    const rustle = Int16Array.from({ length: 48_000 }, (_, index) => ((index * 7919) % 61) - 30);
    expect(await refusal(decodeBytes(forgedWav({ samples: rustle })))).toContain("silent");
    expect(await refusal(decodeBytes(""))).toContain("empty");
    await refusal(decodeBytes(forgedWav({ samples: new Int16Array(0) })));
  });

  it("when it has no sound", async () => {
    const picture = ["-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=1"];
    await runFfmpeg(tools, [...picture, localFile(at("silent.mp4"))]);
    expect(await refusal(decode("silent.mp4"))).toBe("The file holds no sound.");
    await runFfmpeg(tools, [...picture, "-frames:v", "1", localFile(at("picture.png"))]);
    await refusal(decode("picture.png"));
  });

  it.each([0, 1, 3999, 384_001, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])(
    "when it says it has %i samples a second",
    async (sampleRate) => {
      await refusal(decodeBytes(forgedWav({ samples: tone(1), sampleRate })));
    },
  );

  it.each([0, 9, 255, 65_535])("when it says it has %i channels", async (channels) => {
    await refusal(decodeBytes(forgedWav({ samples: tone(1), channels })));
  });

  it("when most of it is damaged", async () => {
    const flac = await readFile(at("tone.flac"));
    for (let index = 9000; index < flac.length; index += 700) flac[index] = ~(flac[index] ?? 0);
    expect(await refusal(decodeBytes(flac))).toContain("damaged");
  });

  it.each(longOrShort(formats, "wav flac mp3 ogg m4a".split(" ")))(
    "or taken as what is left of it when %s is cut off",
    async (format) => {
      const bytes = await readFile(at(`tone.${format}`));
      const shares = [0.3, 0.7, 0.02];
      for (const share of longOrShort(shares, [shares[formats.indexOf(format) % 3] as number])) {
        const cut = decodeBytes(bytes.subarray(0, bytes.length * share));
        const sample = await cut.catch(() => undefined);
        if (sample === undefined) await refusal(cut);
        else expect(sample.sourceSeconds).toBeLessThan(3 * share + 0.3);
      }
    },
  );

  it.each([
    ["text", "Ladies and gentlemen, ".repeat(1000)],
    ["a picture made of text", '<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>'],
    ["a zip", Buffer.from(`504b0304140000000800${"00".repeat(5000)}`, "hex")],
    ["zeros", Buffer.alloc(1_000_000)],
    [
      "chunks without end",
      forgedWav({ samples: tone(0), before: Buffer.from("LIST\0\0\0\0".repeat(100_000)) }),
    ],
    [
      "chunks that lead back",
      forgedWav({ samples: tone(0), before: Buffer.from("4c495354f8ffffff".repeat(999), "hex") }),
    ],
    ["an index that is said to unpack to 2 GB", compressedIndexBomb(0x7fff_ffff)],
  ])("when it is %s", async (_, bytes) => {
    await refusal(decodeBytes(bytes));
  });

  it("when it takes too long, and then nothing goes on", async () => {
    const mark = `${process.pid}.25`;
    await writeFile(at("hanging"), `#!/bin/sh\ntrap "" TERM\nexec sleep 9${mark}\n`);
    await chmod(at("hanging"), 0o755);
    const hanging = { ...tools, ffmpeg: at("hanging") };
    const options = { path: at("tone.wav"), outPath: outPath(), maxSeconds: 30 };
    await rm(outPath(), { force: true });
    const message = await refusal(decodeVoiceSample(hanging, { ...options, timeLimitMs: 300 }));
    expect(message).toContain("within 0.3 s");
    expect(await processesWith(`9${mark}`)).toEqual([]);

    const ending = new AbortController();
    const reason = new Error("enough");
    const work = decodeVoiceSample(hanging, options, { signal: ending.signal });
    await vi.waitFor(async () => expect(await processesWith(`9${mark}`)).toHaveLength(1));
    ending.abort(reason);
    await expect(work).rejects.toBe(reason);
    expect(await processesWith(`9${mark}`)).toEqual([]);
    expect(await readdir(at("voices"))).toEqual([]);
  });
});

describe("an attack", () => {
  it("of 100 hours in 9 MB is decoded no further than allowed", async () => {
    const bomb = opusBomb(100);
    expect(bomb.length).toBeLessThan(10_000_000);
    expect(await refusal(decodeBytes(bomb))).toContain("longer than 30 s");
    let given = 0;
    const pieces = decodeUpload(tools, { path: at("upload"), maxSeconds: 30 });
    const all = async (): Promise<void> => {
      for await (const { bytes } of pieces) given += bytes.length;
    };
    await expect(all()).rejects.toMatchObject({ code: "invalid_media" });
    expect(given).toBeLessThanOrEqual(30.1 * 48_000 * 2 * 2);
    expect(await processesWith(at("upload"))).toEqual([]);
  });

  it("of many samples in little time is stopped by their number", async () => {
    // 8 channels at 384 kHz: 6 MB a second, in a file of 100 kB.
    const silence = ["-f", "lavfi", "-i", "anullsrc=r=384000:cl=7.1:d=33"];
    await runFfmpeg(tools, [...silence, "-c:a", "flac", localFile(at("wide.flac"))]);
    expect((await readFile(at("wide.flac"))).length).toBeLessThan(1_000_000);
    expect(await refusal(decode("wide.flac", { maxSeconds: 3600 }))).toContain("192 MB");
  });

  it("on other files and on the network reaches neither", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/a.wav`;
    await writeFile(at("other.raw"), new Uint8Array(tone(3, 48_000, 1000).buffer));
    const playlist = (target: string) =>
      `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n${target}\n#EXT-X-ENDLIST\n`;
    const mov = await readFile(at("tone.mov"));
    try {
      const targets = [url, "/etc/passwd", at("tone.wav"), `tcp://127.0.0.1:${port}`];
      for (const [index, target] of targets.entries()) {
        const attacks = [
          playlist(target),
          `ffconcat version 1.0\nfile '${target}'\n`,
          `ffconcat version 1.0\nfile 'subfile,,start,0,end,9,,:${target}'\n`,
          `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio ${port} RTP/AVP 0\n`,
          `<?xml version="1.0"?><MPD><Period><AdaptationSet><BaseURL>${target}</BaseURL></AdaptationSet></Period></MPD>`,
          `[playlist]\nFile1=${target}\n`,
          `<asx version="3.0"><entry><ref href="${target}"/></entry></asx>`,
          movReferring(mov, target),
        ];
        const some = attacks.filter((_attack, which) => which % targets.length === index);
        for (const attack of longOrShort(attacks, some)) await refusal(decodeBytes(attack));
      }
      await refusal(decodeBytes(movReferring(mov, at("other.raw"))));
      expect(connections).toBe(0);
      // The attacks are real: without our limits both the network and the other file are opened.
      await writeFile(at("real.m3u8"), playlist(url));
      const lax = ["-nostdin", "-protocol_whitelist", "file,http,tcp", "-i", at("real.m3u8")];
      await promisify(execFile)(tools.ffmpeg, lax).catch(() => {});
      expect(connections).toBeGreaterThan(0);
      await writeFile(at("real.mov"), movReferring(mov, at("other.raw")));
      const open = ["-v", "warning", "-enable_drefs", "1", "-use_absolute_path", "1"];
      const opened = await promisify(execFile)(tools.ffprobe, [...open, at("real.mov")]);
      expect(opened.stderr).not.toContain("error opening");
    } finally {
      server.close();
    }
  });

  it("by a link under the upload's name is not followed, nor is a pipe waited for", async () => {
    await symlink(at("tone.wav"), at("link"));
    await promisify(execFile)("mkfifo", [at("fifo")]);
    for (const name of ["link", "fifo", "nothing", "voices"]) {
      const work = decode(name);
      await expect(work).rejects.toMatchObject({ code: "unreadable" });
      await expect(work).rejects.not.toThrow(/\//);
    }
  });

  it("by bytes of any kind is refused, or gives a whole sample", async () => {
    const magics = [
      "",
      "RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0",
      "fLaC\0\0\0\x22",
      "ID3\x04\0\0\0\0\x02\x01",
    ];
    magics.push(
      "OggS\0\x02",
      "\x1aE\xdf\xa3",
      "\0\0\0\x18ftypM4A ",
      "FORM\0\0\xff\xffAIFF",
      "caff\0\x01\0\0",
      "#!AMR\n",
      "\xff\xf1\x50\x80",
    );
    const upload = fc.tuple(
      fc.constantFrom(...magics),
      fc.uint8Array({ minLength: 1, maxLength: 20_000, size: "max" }),
    );
    await fc.assert(
      fc.asyncProperty(upload, async ([magic, bytes]) => {
        const work = decodeBytes(Buffer.concat([Buffer.from(magic, "latin1"), bytes]));
        const sample = await work.catch(() => undefined);
        if (sample === undefined) await refusal(work);
        else await stored(sample);
      }),
      { numRuns: longOrShort(100, 15) },
    );
    expect(await processesWith(at("upload"))).toEqual([]);
  });
});

describe("what is not the upload's fault", () => {
  it("is said as what it is, without a path of the server", async () => {
    const options = { path: at("tone.wav"), maxSeconds: 30 };
    const missing = { ...tools, ffmpeg: at("nowhere/ffmpeg") };
    const work = decodeVoiceSample(missing, { ...options, outPath: outPath() });
    await expect(work).rejects.toMatchObject({ code: "missing_tool" });
    await expect(work).rejects.not.toThrow(/\//);
    const lame = `#!/bin/sh\ncase "$*" in *format_whitelist*) exec ${tools.ffmpeg} "$@";; esac\necho /a/path >&2\nexit 1\n`;
    await writeFile(at("lame"), lame);
    await chmod(at("lame"), 0o755);
    const half = decodeVoiceSample(
      { ...tools, ffmpeg: at("lame") },
      { ...options, outPath: outPath() },
    );
    await expect(half).rejects.toMatchObject({ code: "tool_failed" });
    await expect(half).rejects.not.toThrow(/\//);
    const occupied = join(at("tone.wav"), "stored.wav");
    const stopped = decodeVoiceSample(tools, { ...options, outPath: occupied });
    await expect(stopped).rejects.toMatchObject({ code: "unreadable" });
    await expect(stopped).rejects.not.toThrow(/\//);
  });

  it("such as a killed ffmpeg may be tried again", async () => {
    const script = `#!/bin/sh\nkill -9 $$\n`;
    await writeFile(at("killed"), script);
    await chmod(at("killed"), 0o755);
    const options = { path: at("tone.wav"), outPath: outPath(), maxSeconds: 30 };
    const work = decodeVoiceSample({ ...tools, ffmpeg: at("killed") }, options);
    await expect(work).rejects.toMatchObject({ code: "tool_failed", retryable: true });
  });

  it("gives the decoder no key, and no file to write", async ({ skip }) => {
    if (!existsSync("/usr/bin/prlimit")) skip("no prlimit here");
    const script = `#!/bin/sh\n[ -n "$SOME_API_KEY" ] && kill -9 $$\necho x > ${at("written")}\n`;
    await writeFile(at("curious"), script);
    await chmod(at("curious"), 0o755);
    const options = { path: at("tone.wav"), outPath: outPath(), maxSeconds: 30 };
    process.env.SOME_API_KEY = "a key";
    try {
      await expect(
        decodeVoiceSample({ ...tools, ffmpeg: at("curious") }, options),
      ).rejects.toMatchObject({ code: "invalid_media" });
    } finally {
      delete process.env.SOME_API_KEY;
    }
    expect((await readFile(at("written"), "utf8").catch(() => "")).length).toBe(0);
  });
});
