/** The embedded voice inside its child process. The only file that loads espeak-ng, which is GPL-3. */
import type { EspeakModule } from "@echogarden/espeak-ng-emscripten";
import { DubberError } from "../core/error.ts";
import type { HostedEngine } from "../host/engine-protocol.ts";
import { concatSamples } from "./concat-samples.ts";
import { embeddedVersion } from "./embedded-version.ts";
import { findVoice, offeredVoices, resolveVoice } from "./embedded-voices.ts";
import type { SpeechRequest, SpeechResult } from "./synthesizer.ts";

/** espeak-ng's normal pace, words a minute. */
const normalRate = 175;
/** All remembered voices together, bytes. Most take 1 MB; those with large dictionaries, as Russian, 10. */
const mostSnapshotBytes = 32 * 2 ** 20;
const variantDirectory = "/usr/share/espeak-ng-data/voices/!v";

/** Loads espeak-ng; takes about 100 ms. */
export async function openEngine(): Promise<HostedEngine> {
  const version = await embeddedVersion();
  const { default: load } = await import("@echogarden/espeak-ng-emscripten");
  stopClock();
  const espeak = await load();
  const worker = new espeak.eSpeakNGWorker();
  const bases = worker.list_voices();
  const variants = espeak.FS.readdir(variantDirectory).filter((name) => !name.startsWith("."));
  // The binding keeps a buffer for strings and replaces it when one does not fit. A buffer replaced after a snapshot
  // would be lost with the next restore, so make it large enough for every voice name now: the first call notes
  // what is missing, the second allocates it.
  for (let call = 0; call < 2; call++) worker.set_voice("no such voice".padEnd(1000));
  const fresh = takeSnapshot(espeak);
  const snapshots = new Map<string, Uint8Array>();

  /** Brings the engine into the state it has right after `name` was set on a fresh start. */
  function become(name: string): void {
    const known = snapshots.get(name);
    restore(espeak, known ?? fresh);
    if (known === undefined && worker.set_voice(name) !== 0) {
      throw new DubberError(
        "unknown_voice",
        `The embedded engine cannot load its voice "${name}".`,
      );
    }
    snapshots.delete(name); // To the end of the line: the map forgets what was not used for longest.
    snapshots.set(name, known ?? takeSnapshot(espeak));
    let bytes = 0;
    for (const [other, snapshot] of [...snapshots].reverse()) {
      bytes += snapshot.length;
      if (other !== name && bytes > mostSnapshotBytes) snapshots.delete(other);
    }
  }

  function speak({ text, voice, speed = 1 }: SpeechRequest): SpeechResult {
    become(resolveVoice(voice, bases, variants));
    worker.set_rate(Math.round(normalRate * speed));
    const parts: Int16Array[] = [];
    worker.synthesize({ ptr: place(espeak, asPlainText(text)) }, (audio) => {
      parts.push(audio);
      return false;
    });
    return { audio: concatSamples(parts), sampleRate: worker.samplerate, warnings: [] };
  }

  const methods = {
    voices: () => offeredVoices(bases),
    findVoice: (id: string) => findVoice(id, bases, variants),
    speak,
  };
  return { version, methods };
}

/**
 * espeak-ng seeds its noise, which breathy voices such as `f3` are made of, from the second it starts in; every
 * process would sound a little different. Nothing else in this process asks for the time of day.
 */
function stopClock(): void {
  Date.now = () => 0;
}

/**
 * espeak-ng has state: the same text spoken later differs by a few samples. So its memory is copied once the voice
 * is set, and put back before every line; then the sound depends on nothing but the request.
 */
function takeSnapshot({ HEAPU8 }: EspeakModule): Uint8Array {
  let used = HEAPU8.length;
  while (used > 0 && HEAPU8[used - 1] === 0) used -= 1;
  return HEAPU8.slice(0, used);
}

function restore({ HEAPU8 }: EspeakModule, snapshot: Uint8Array): void {
  HEAPU8.set(snapshot);
  HEAPU8.fill(0, snapshot.length);
}

/** Puts a string into the engine's memory, zero-terminated UTF-8. The next restore frees it. */
function place(espeak: EspeakModule, text: string): number {
  const bytes = new TextEncoder().encode(text);
  const pointer = espeak._malloc(bytes.length + 1);
  espeak.HEAPU8.set(bytes, pointer);
  espeak.HEAPU8[pointer + bytes.length] = 0;
  return pointer;
}

/** espeak-ng reads SSML tags, entities and `[[phonemes]]` in any text; escaped they are spoken or passed over. */
function asPlainText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/\[(?=\[)/g, "[ ");
}
