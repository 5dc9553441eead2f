import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkRoom } from "./check-room.ts";

const video = join(import.meta.dirname, "check-room.ts");
/** Of the two sounds and the clips. */
const bytesPerSecond = 480_000;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-room-"));
});
afterAll(() => rm(directory, { recursive: true }));

describe("the room for a dub", () => {
  it("is there for an hour", async () => {
    await expect(checkRoom(directory, { duration: 3600, video })).resolves.toBeUndefined();
  });

  it("is waited for where the disk is only full", async () => {
    const { blocks, bavail, bsize } = await statfs(directory);
    const duration = ((bavail + blocks) * bsize) / 2 / bytesPerSecond;
    await expect(checkRoom(directory, { duration, video })).rejects.toMatchObject({
      code: "disk_full",
    });
  });

  it("is never there for what is larger than the disk", async () => {
    const { blocks, bsize } = await statfs(directory);
    const duration = (blocks * bsize * 2) / bytesPerSecond;
    await expect(checkRoom(directory, { duration, video })).rejects.toMatchObject({
      code: "invalid_media",
      message: expect.stringMatching(/^The video is \d+ minutes long/),
    });
  });
});
