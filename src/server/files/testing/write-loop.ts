/** A program that writes files and prints their names until somebody kills it. Arguments: the store's root, a folder on the same disk. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openDiskFiles } from "../disk-files.ts";

const [root = "", folder = ""] = process.argv.slice(2);
const store = await openDiskFiles(root);
for (let at = 0; ; at++) {
  const content = Buffer.alloc(2_000_000, at % 251);
  const name = `file_${process.pid}_${at % 7}.wav`;
  const path = join(folder, `making_${at}`);
  if (at % 2 === 0) await store.write(name, [content.subarray(0, 44), content.subarray(44)]);
  else {
    await writeFile(path, content);
    await store.put(name, path);
  }
  process.stdout.write(`${name}\n`);
}
