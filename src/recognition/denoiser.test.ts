import { describe, expect, it } from "vitest";
import { needs } from "../../test/support/needs.ts";
import { openDenoiser } from "./denoiser.ts";
import { loudestMomentDb } from "./sound-level.ts";
import {
  concat,
  gtcrnPath,
  inPieces,
  jfkPath,
  mediaMissing,
  readSound,
  sileroPath,
} from "./testing/real-media.ts";

const rate = 16_000;
async function denoise(sound: Int16Array, model = gtcrnPath): Promise<Int16Array> {
  await using denoiser = await openDenoiser({ model });
  const pieces: Int16Array[] = [];
  for await (const piece of denoiser.denoise(inPieces(sound, 7000))) pieces.push(piece);
  return concat(...pieces);
}

describe("the denoiser", needs(mediaMissing), () => {
  it("takes noise out between phrases, leaves the speech, and keeps every sample's place", async () => {
    const noisy = await readSound(
      ...["-stream_loop", "1", "-i", jfkPath, "-f", "lavfi", "-i", "anoisesrc=d=22:a=0.02:seed=3"],
      ...["-filter_complex", "amix=inputs=2:normalize=0:duration=first"],
    );
    const clean = await denoise(noisy);
    expect(clean.length).toBe(noisy.length);
    const level = (sound: Int16Array, from: number, to: number) =>
      loudestMomentDb(sound, Math.round(from * rate), Math.round(to * rate));
    for (const offset of [0, 11]) {
      const pause = [offset + 4.6, offset + 5.2] as const;
      expect(level(clean, ...pause)).toBeLessThan(level(noisy, ...pause) - 10);
      const speech = [offset + 8.3, offset + 10.2] as const;
      expect(Math.abs(level(clean, ...speech) - level(noisy, ...speech))).toBeLessThan(3);
    }
  });

  it("fails in words when it is given a model without its metadata", async () => {
    await expect(denoise(new Int16Array(rate), sileroPath)).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringContaining("metadata"),
      hint: expect.stringContaining("dubber models verify"),
    });
  });
});
