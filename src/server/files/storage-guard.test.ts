import { describe, expect, it } from "vitest";
import type { FileStore } from "./contract.ts";
import { openStorageGuard } from "./storage-guard.ts";

function openGuard({ used = 0, free = 1e9 }: { used?: number; free?: number } = {}) {
  const disk = { used, free, looks: 0, now: 0 };
  const files = {
    usedBytes: async () => disk.used,
    async freeBytes() {
      disk.looks += 1;
      return disk.free;
    },
  } as unknown as FileStore;
  const limits = { maxStoredBytes: 1000, minFreeBytes: 100 };
  const guard = openStorageGuard({ files, ...limits, now: () => disk.now });
  return { guard, disk };
}
const refusal = { code: "insufficient_storage", status: 507 };

describe("the storage guard", () => {
  it("lets pass while there is room", async () => {
    await openGuard({ used: 999, free: 100 }).guard.check();
  });

  it("refuses when the quota is used up or the disk is nearly full", async () => {
    await expect(openGuard({ used: 1000 }).guard.check()).rejects.toMatchObject(refusal);
    await expect(openGuard({ free: 99 }).guard.check()).rejects.toMatchObject(refusal);
  });

  it("looks once for many who ask at the same time, and again half a second later", async () => {
    const { guard, disk } = openGuard();
    await Promise.all(Array.from({ length: 1000 }, () => guard.check()));
    expect(disk.looks).toBe(1);
    disk.free = 0;
    disk.now = 501;
    await expect(guard.check()).rejects.toMatchObject(refusal);
    disk.free = 1e9;
    disk.now = 1002;
    await guard.check();
  });
});
