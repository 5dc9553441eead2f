/** docs/reference tells what the library exports now, and every export says what it is for. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { readExports } from "../scripts/read-exports.ts";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);

it("is up to date (else: node scripts/make-reference.ts)", async () => {
  const script = join(root, "scripts", "make-reference.ts");
  await expect(run(process.execPath, [script, "--check"])).resolves.toBeDefined();
});

it("has a sentence for every export", async () => {
  const exported = await readExports(join(root, "src", "index.ts"));
  expect(exported.map(({ name }) => name)).toContain("processTtsBatch");
  const without = exported.filter(({ text }) => !/^\S.*\.(\s|$)/s.test(text));
  expect(without.map(({ name, source }) => `${name} in src/${source}`)).toEqual([]);
});
