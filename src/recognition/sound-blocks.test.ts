import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SoundBlock, soundBlocks } from "./sound-blocks.ts";
import { concat, inPieces } from "./testing/real-media.ts";

const rate = 16_000;
async function cut(
  samples: Int16Array,
  pieces: readonly number[],
  lengths = { block: 0.02, lead: 0.004, tail: 0.003 },
): Promise<SoundBlock[]> {
  const blocks: SoundBlock[] = [];
  for await (const block of soundBlocks(inPieces(samples, ...pieces), lengths)) blocks.push(block);
  return blocks;
}
const counting = (length: number) => Int16Array.from({ length }, (_, index) => index);

describe("soundBlocks", () => {
  it("covers the sound once, and gives each block what is around it, however the sound was cut", async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3000 }), lengths, async (length, pieces) => {
        const sound = counting(length);
        const blocks = await cut(sound, pieces);
        const own = blocks.map(({ from, to, start, samples }) =>
          samples.subarray(Math.round((from - start) * rate), Math.round((to - start) * rate)),
        );
        expect(concat(...own)).toEqual(sound);
        expect(blocks).toEqual(await cut(sound, [3000]));
        for (const { from, start, samples } of blocks) {
          const first = Math.round(start * rate);
          expect(samples).toEqual(sound.subarray(first, first + samples.length));
          expect(from - start).toBeCloseTo(Math.min(from, 0.004), 9);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("ends a block that is not the last one with its tail", async () => {
    const blocks = await cut(counting(1000), [1000]);
    expect(blocks.map(({ samples }) => samples.length)).toEqual([368, 432, 424]);
  });

  it("gives nothing for no sound", async () => {
    expect(await cut(new Int16Array(0), [1])).toEqual([]);
  });
});
