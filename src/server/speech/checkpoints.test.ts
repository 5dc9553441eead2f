import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FileStore } from "../files/contract.ts";
import { openDiskFiles } from "../files/disk-files.ts";
import { taskOfFile } from "../tasks/task-id.ts";
import { openCheckpoints } from "./checkpoints.ts";

let folder: string;
let files: FileStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-parts-"));
  files = await openDiskFiles(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (key = "a key") => openCheckpoints(files, { taskId: "task_0a", key, parts: 12 });
const part = {
  audio: Int16Array.from([0, 1, -1, 32_767, -32_768, 10, 13, 2570]),
  ...{ sampleRate: 22_050, warnings: ["It was\nclipped."] },
};

it("gives back a part as it was saved", async () => {
  await open().save(3, part);
  expect(await open().load(3)).toEqual(part);
  expect(await open().load(4)).toBeUndefined();
});

it("names its files, of which the task can be told", async () => {
  await open().save(11, part);
  const names = await Array.fromAsync(files.names());
  expect(open().names).toHaveLength(12);
  expect(open().names).toContain(names[0]);
  expect(names.map(taskOfFile)).toEqual(["task_0a"]);
});

it("does not give a part that was spoken in another way", async () => {
  await open("one").save(0, part);
  expect(await open("another").load(0)).toBeUndefined();
  await open("another").save(0, part);
  expect(await open("another").load(0)).toEqual(part);
});

it("gives nothing of what is cut, longer, or damaged anywhere", async () => {
  await open().save(0, part);
  const [name = ""] = await Array.fromAsync(files.names());
  const whole = await buffer((await files.read(name)) as Readable);
  const damaged = (at: number) => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    return bytes;
  };
  const wrongs = [
    ...Array.from({ length: whole.length }, (_, at) => whole.subarray(0, at)),
    ...Array.from({ length: whole.length }, (_, at) => damaged(at)),
    ...[Buffer.concat([whole, Buffer.alloc(2)]), Buffer.from("{}\n"), Buffer.from("null\n\0\0")],
    Buffer.alloc(1000),
  ];
  const gone = new Set<string>();
  for (const wrong of wrongs) {
    await files.write(name, [wrong]);
    const loaded = await open().load(0);
    // A letter of a warning may have changed; the sound has not.
    if (loaded === undefined) gone.add("gone");
    else
      expect({ ...loaded, warnings: part.warnings }).toEqual({
        ...part,
        sampleRate: loaded.sampleRate,
      });
  }
  expect(gone.size).toBe(1);
  await files.write(name, [damaged(whole.length - 1)]);
  expect(await open().load(0)).toBeUndefined();
});
