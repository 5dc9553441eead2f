/**
 * An engine of one's own: anything that turns a text into samples. This one speaks Morse code; batches, limits, retries and
 * the splitting of long texts come with `makeSynthBatch`.
 *
 *   node examples/own-engine.ts FOLDER
 */
import { join } from "node:path";
import { DubberError, makeSynthBatch, type Synthesizer } from "../src/index.ts";

const sampleRate = 8000;
/** Length of a dot, samples. */
const unit = sampleRate * 0.06;
const codes =
  "a.- b-... c-.-. d-.. e. f..-. g--. h.... i.. j.--- k-.- l.-.. m-- n-. o--- p.--. q--.- r.-. s... t- u..- v...- w.-- x-..- y-.-- z--..";
const code = new Map(codes.split(" ").map((entry) => [entry.charAt(0), entry.slice(1)]));

/** Lengths in units: above 0 a tone, below 0 a pause. */
function beepsOf(text: string): number[] {
  return [...text.toLowerCase()].flatMap((letter) => {
    const signs = code.get(letter);
    if (signs === undefined) return [-7];
    return [...[...signs].flatMap((sign) => [sign === "-" ? 3 : 1, -1]), -2];
  });
}

const morse: Synthesizer = {
  name: "morse",
  version: "1",
  place: "local",
  lanes: 4,
  features: {
    ...{ instructions: false, cloning: false, seed: false, context: false },
    maxCharacters: 200,
  },
  voices: async () => [{ id: "key", name: "Key", languages: ["en"], gender: "neutral" }],
  async speak({ text, voice }, { signal } = {}) {
    signal?.throwIfAborted();
    if (voice !== "key") throw new DubberError("unknown_voice", `There is no voice "${voice}".`);
    const beeps = beepsOf(text);
    const audio = new Int16Array(beeps.reduce((sum, beep) => sum + Math.abs(beep), 0) * unit);
    let start = 0;
    for (const beep of beeps) {
      const end = start + Math.abs(beep) * unit;
      for (let at = start; beep > 0 && at < end; at++) {
        audio[at] = 8000 * Math.sin((2 * Math.PI * 600 * at) / sampleRate);
      }
      start = end;
    }
    return { audio, sampleRate, warnings: [] };
  },
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

const [folder = "spoken"] = process.argv.slice(2);
const speak = makeSynthBatch({ synthesizer: morse, voice: "key" });
const paths = await speak(
  ["SOS", "Hello world"],
  [join(folder, "sos.wav"), join(folder, "hello.wav")],
);
for (const path of paths) console.log(path);
