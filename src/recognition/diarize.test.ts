import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { needs } from "../../test/support/needs.ts";
import { diarizeStretches, openDiarizer } from "./diarize.ts";
import type { DiarizedSound, SherpaRequest } from "./sherpa-settings.ts";
import { soundBlocks } from "./sound-blocks.ts";
import { gtcrnPath, inPieces, mediaMissing, sileroPath } from "./testing/real-media.ts";
import { openVoicePrinter } from "./voice-print.ts";

const rate = 16_000;
const lengths = { block: 10, lead: 0, tail: 0 };

/** A child that finds what it is told, stretch after stretch. */
function madeUp(...answers: readonly DiarizedSound[]) {
  const asked: SherpaRequest[] = [];
  const ask = async (request: SherpaRequest) => {
    asked.push(request);
    return answers[asked.length - 1] ?? { turns: [], prints: [] };
  };
  return { asked, ask };
}
const diarize = (seconds: number, host: ReturnType<typeof madeUp>, speakers: number | "auto") =>
  diarizeStretches(
    soundBlocks(inPieces(new Int16Array(seconds * rate), rate), lengths),
    host,
    speakers,
  );
const [ana, ben] = [
  [1, 0, 0.1],
  [0, 1, 0.1],
];

describe("diarizeStretches", () => {
  it("knows people again in later stretches, numbers them as they first speak, in the sound's own time", async () => {
    const host = madeUp(
      {
        turns: [
          { start: 4, end: 6, speaker: 0 },
          { start: 1, end: 3, speaker: 1 },
        ],
        prints: [ana, ben],
      },
      { turns: [{ start: 2, end: 5, speaker: 0 }], prints: [ana] },
    );
    const { turns, prints } = await diarize(20, host, "auto");
    expect(turns).toEqual([
      { start: 1, end: 3, speaker: 0 },
      { start: 4, end: 6, speaker: 1 },
      { start: 12, end: 15, speaker: 1 },
    ]);
    expect(prints).toHaveLength(2);
    expect(prints[0]?.[1]).toBeGreaterThan(0.9);
    expect(prints[1]?.[0]).toBeGreaterThan(0.9);
  });

  it("tells the models how many people there are only when they hear the whole sound", async () => {
    const short = madeUp({ turns: [], prints: [] });
    await diarize(5, short, 2);
    expect(short.asked.map(({ speakers }) => speakers)).toEqual([2]);
    const long = madeUp();
    await diarize(25, long, 2);
    expect(long.asked.map(({ speakers }) => speakers)).toEqual([undefined, undefined, undefined]);
    expect(long.asked.map(({ samples }) => samples.length / rate)).toEqual([10, 10, 5]);
  });

  it("comes to the number of people over all stretches", async () => {
    const turns = [
      { start: 0, end: 4, speaker: 0 },
      { start: 5, end: 9, speaker: 1 },
    ];
    const host = madeUp({ turns, prints: [ana, ben] }, { turns, prints: [ana, [1, 0.3, 0.1]] });
    const { turns: found } = await diarize(20, host, 2);
    expect(new Set(found.map(({ speaker }) => speaker)).size).toBe(2);
    // The third voice is Ana's again, though it comes second in its stretch.
    expect(found.map(({ speaker }) => speaker)).toEqual([0, 1, 0, 0]);
  });

  it("leaves out who says too little to be known again, but not in a single stretch", async () => {
    const answer = { turns: [{ start: 1, end: 1.2, speaker: 0 }], prints: [[]] };
    expect((await diarize(5, madeUp(answer), "auto")).turns).toHaveLength(1);
    expect((await diarize(20, madeUp(answer), "auto")).turns).toEqual([]);
  });

  it("finds nobody in no sound", async () => {
    expect(await diarize(0, madeUp(), "auto")).toEqual({ turns: [], prints: [] });
  });
});

describe("speaker models that are none", needs(mediaMissing), () => {
  it("end the child, and nothing else", async () => {
    const directory = await mkdtemp(join(tmpdir(), "dubber-"));
    try {
      const path = join(directory, "model.onnx");
      await copyFile(sileroPath, path);
      const [segmentation, embedding] = [
        { name: "turns", path },
        { name: "prints", path: gtcrnPath },
      ];
      await using diarizer = await openDiarizer({ segmentation, embedding });
      expect(diarizer.version).toMatch(/^turns prints sherpa-onnx-node/);
      const second = inPieces(new Int16Array(rate), rate);
      const failure = {
        name: "DubberError",
        code: "engine_unavailable",
        hint: expect.stringContaining("dubber models verify"),
      };
      await expect(diarizer.diarize(second, { speakers: "auto" })).rejects.toMatchObject(failure);
      await using printer = await openVoicePrinter(embedding);
      await expect(printer.print(new Int16Array(rate))).rejects.toMatchObject(failure);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
