import { describe, expect, it } from "vitest";
import { type ClipIdentity, clipName } from "./clips.ts";

const clip: ClipIdentity = { engine: "e", version: "1", text: "Hola", voice: "es" };

describe("clipName", () => {
  it("is 64 hexadecimal digits and .wav, the same for the same clip", () => {
    expect(clipName(clip)).toMatch(/^[0-9a-f]{64}\.wav$/);
    expect(clipName({ voice: "es", text: "Hola", version: "1", engine: "e" })).toBe(clipName(clip));
  });

  it("changes with everything that decides the sound", () => {
    const changes: Partial<ClipIdentity>[] = [
      { engine: "f" },
      { version: "2" },
      { text: "Hola." },
      { voice: "es+f3" },
      { language: "es" },
      { speed: 1.1 },
      { instructions: "Softly." },
      { seed: 1 },
      { previousText: "Hola" },
      { nextText: "Hola" },
    ];
    const names = [clip, ...changes.map((change) => ({ ...clip, ...change }))].map(clipName);
    expect(new Set(names).size).toBe(names.length);
  });

  it("does not change with what says nothing: a speed of 1, and members of other types", () => {
    expect(clipName({ ...clip, speed: 1 })).toBe(clipName(clip));
    const line = { ...clip, id: "7", start: 3 };
    expect(clipName(line)).toBe(clipName(clip));
  });
});
