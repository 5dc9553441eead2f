/**
 * Makes `speech.mp4`, the demo's input: the speech over our own picture with our own music, English subtitles inside. Only needed when
 * one of its parts changes; the result is kept in the repository.
 *
 *   node examples/demo/make-media.ts SPEECH.flac      (needs ffmpeg and rsvg-convert)
 */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const speech = process.argv[2];
if (speech === undefined)
  throw new Error("Say where the speech is: node make-media.ts SPEECH.flac");

const sampleRate = 48_000;
const seconds = 14;
/** The first word is heard 1.8 s into the video: 1.5 s of music first. */
const speechDelayMs = 1500;

writeFileSync(join(here, "music.wav"), wav(music()));
execFileSync("rsvg-convert", ["-o", join(here, "picture.png"), join(here, "picture.svg")]);
execFileSync("ffmpeg", [
  ...["-hide_banner", "-loglevel", "error", "-y"],
  ...["-loop", "1", "-framerate", "25", "-t", String(seconds), "-i", join(here, "picture.png")],
  ...["-i", speech, "-i", join(here, "music.wav"), "-i", join(here, "speech.en.srt")],
  "-filter_complex",
  [
    // A slow drift keeps the eye busy; the picture is enlarged first because zoompan moves by whole pixels.
    `[0:v]scale=3840:-2,zoompan=z='1+0.0003*on':x='iw/2-iw/zoom/2':y='ih*0.45-ih/zoom*0.45':d=1:s=1280x720:fps=25,format=yuv420p[v]`,
    `[1:a]aformat=sample_rates=${sampleRate}:channel_layouts=stereo,adelay=${speechDelayMs}:all=1[speech]`,
    `[speech][2:a]amix=inputs=2:normalize=0:duration=longest,atrim=end=${seconds}[a]`,
  ].join(";"),
  ...["-map", "[v]", "-map", "[a]", "-map", "3:s", "-t", String(seconds)],
  ...[
    "-c:v",
    "libx264",
    "-preset",
    "veryslow",
    "-crf",
    "26",
    "-tune",
    "stillimage",
    "-threads",
    "1",
  ],
  ...["-c:a", "aac", "-b:a", "128k", "-c:s", "mov_text", "-metadata:s:s:0", "language=eng"],
  ...[
    "-metadata:s:a:0",
    "language=eng",
    "-metadata",
    "title=Ask not what your country can do for you",
  ],
  ...["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"],
  ...["-movflags", "+faststart", join(here, "speech.mp4")],
]);
rmSync(join(here, "music.wav"));
rmSync(join(here, "picture.png"));

/** A slow four-chord pad with a bell on top, as left and right samples −1…1. */
function music(): [Float32Array, Float32Array] {
  const left = new Float32Array(seconds * sampleRate);
  const right = new Float32Array(seconds * sampleRate);
  const chords = [
    [146.83, 220, 293.66, 369.99],
    [123.47, 185, 246.94, 369.99],
    [98, 196, 293.66, 392],
    [110, 220, 277.18, 329.63],
  ];
  const chordSeconds = 3.5;
  for (const [index, notes] of chords.entries()) {
    for (const [voice, frequency] of notes.entries()) {
      addNote(left, frequency * 0.9985, index * chordSeconds, chordSeconds + 0.6, 0.045, voice);
      addNote(
        right,
        frequency * 1.0015,
        index * chordSeconds,
        chordSeconds + 0.6,
        0.045,
        voice + 2,
      );
    }
    for (let beat = 0; beat < 4; beat++) {
      const bell = (notes[(beat * 3 + index) % 4] as number) * 4;
      const channel = beat % 2 === 0 ? left : right;
      addBell(channel, bell, index * chordSeconds + beat * (chordSeconds / 4), 0.025);
    }
  }
  return [left, right];
}

function addNote(
  out: Float32Array,
  frequency: number,
  start: number,
  length: number,
  level: number,
  phase: number,
): void {
  const from = Math.round(start * sampleRate);
  const count = Math.min(Math.round(length * sampleRate), out.length - from);
  for (let i = 0; i < count; i++) {
    const t = i / sampleRate;
    const swell = Math.sin((Math.PI * i) / (length * sampleRate)) ** 0.7;
    const w = 2 * Math.PI * frequency * t + phase;
    const tone = Math.sin(w) + 0.35 * Math.sin(2 * w) + 0.12 * Math.sin(3 * w);
    out[from + i]! += level * swell * tone;
  }
}

function addBell(out: Float32Array, frequency: number, start: number, level: number): void {
  const from = Math.round(start * sampleRate);
  const count = Math.min(Math.round(1.6 * sampleRate), out.length - from);
  for (let i = 0; i < count; i++) {
    const t = i / sampleRate;
    out[from + i]! += level * Math.exp(-3.2 * t) * Math.sin(2 * Math.PI * frequency * t);
  }
}

/** A 16-bit stereo WAV file. */
function wav([left, right]: [Float32Array, Float32Array]): Buffer {
  const data = Buffer.alloc(left.length * 4);
  for (let i = 0; i < left.length; i++) {
    data.writeInt16LE(Math.round((left[i] as number) * 32_767), i * 4);
    data.writeInt16LE(Math.round((right[i] as number) * 32_767), i * 4 + 2);
  }
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 4, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
