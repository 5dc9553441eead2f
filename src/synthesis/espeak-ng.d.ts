/** The parts of the embedded voice's package that Dubber uses; it ships no declarations of its own. */
declare module "@echogarden/espeak-ng-emscripten" {
  export default function load(): Promise<EspeakModule>;

  export interface EspeakModule {
    /** The engine's whole memory. Replaced by a longer one when it grows: never keep it. */
    readonly HEAPU8: Uint8Array;
    readonly FS: { readdir(path: string): string[] };
    readonly eSpeakNGWorker: new () => EspeakWorker;
    _malloc(sizeBytes: number): number;
  }

  export interface EspeakWorker {
    list_voices(): EspeakVoice[];
    /** 0 when it is set. Unknown voices give another number and leave the old one; unknown variants are ignored. */
    set_voice(name: string): number;
    /** Words a minute, 80–450; 175 at first. */
    set_rate(wordsPerMinute: number): void;
    readonly samplerate: number;
    /** Speaks a string, or zero-terminated UTF-8 in the engine's memory. Blocks; `true` from the callback stops it. */
    synthesize(
      text: string | { readonly ptr: number },
      take: (audio: Int16Array, events: unknown) => boolean,
    ): void;
  }

  export interface EspeakVoice {
    readonly name: string;
    /** Its file, e.g. `roa/es`. */
    readonly identifier: string;
    /** The lower the priority, the better the voice for that language. */
    readonly languages: readonly { readonly priority: number; readonly name: string }[];
  }
}
