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
      { recording: { wav: new Uint8Array([1]) } },
      { recording: { wav: new Uint8Array([2]) } },
      { recording: { wav: new Uint8Array([1]), text: "Hola" } },
    ];
    const names = [clip, ...changes.map((change) => ({ ...clip, ...change }))].map(clipName);
    expect(new Set(names).size).toBe(names.length);
  });

  it("is the same for the same recording, whichever bytes in memory hold it", () => {
    const name = (text?: string) =>
      clipName({ ...clip, recording: { wav: new Uint8Array([1, 2]), ...(text && { text }) } });
    expect(name()).toBe(name());
    expect(name("Hola")).toBe(name("Hola"));
  });

  it("has never changed: clips of years ago are found again", () => {
    const whole = {
      ...clip,
      ...{ language: "es", speed: 1.1, instructions: "Softly.", seed: 1, previousText: "Uno" },
    };
    expect(clipName(clip)).toBe(
      "b3dcacd6a85798fc3e6db3ddb22218b28f9ad1c0cd2172618882102be5ffc950.wav",
    );
    expect(clipName(whole)).toBe(
      "71e47b832d425ddfbb1be52e6fd45b3558a5da3c073e9ba61d0a7d19cf705916.wav",
    );
  });

  it("does not change with what says nothing: a speed of 1, and members of other types", () => {
    expect(clipName({ ...clip, speed: 1 })).toBe(clipName(clip));
    const line = { ...clip, id: "7", start: 3 };
    expect(clipName(line)).toBe(clipName(clip));
  });
});
