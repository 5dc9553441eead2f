/** The part of `@echogarden/sonic-wasm` we use; the package has no declarations of its own. Pointers are byte numbers. */
declare module "@echogarden/sonic-wasm" {
  export type Sonic = {
    /** Replaced when the memory grows: read it anew after every call. */
    readonly HEAP16: Int16Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    /** 0 when there is no memory. */
    _sonicCreateStream(sampleRate: number, channels: number): number;
    _sonicDestroyStream(stream: number): void;
    _sonicSetSpeed(stream: number, speed: number): void;
    /** 0 when there is no memory; so are those below. */
    _sonicWriteShortToStream(stream: number, samples: number, frames: number): number;
    _sonicFlushStream(stream: number): number;
    _sonicSamplesAvailable(stream: number): number;
    /** The frames read. */
    _sonicReadShortFromStream(stream: number, samples: number, maxFrames: number): number;
  };
  export default function createSonic(): Promise<Sonic>;
}
