/** The long form of the server's kill loop: twenty kills while tasks are being submitted. SOAK_ROUNDS makes it shorter. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { needs, soak } from "../support/needs.ts";
import { serverKillLoop } from "../support/server-kill-loop.ts";

const rounds = Number(process.env.SOAK_ROUNDS ?? 20);

describe("soak", needs(soak), () => {
  it(`loses no accepted task in ${rounds} kills, and ends none twice`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "dubber-kills-"));
    const { accepted, keys, total, ends, wrongs } = await serverKillLoop({
      ...{ folder, rounds, seed: 20_260_801 },
    });
    expect(wrongs).toEqual([]);
    expect({ accepted, total }).toEqual({ accepted: keys, total: keys });
    const { completed = 0, interrupted = 0 } = ends;
    expect(completed + interrupted).toBe(accepted);
    expect(interrupted).toBeLessThan(accepted / 10);
    await rm(folder, { recursive: true, force: true });
  }, 600_000);
});
