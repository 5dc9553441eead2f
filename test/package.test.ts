/** What npm would publish: builds, has no flaws, and works in an empty folder far from this one. Uses the registry. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ffprobe } from "./support/media.ts";

const root = join(import.meta.dirname, "..");
// The Node that runs the tests comes first, so that npm and the installed command use it.
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  NO_COLOR: "1",
};
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-package-"));
  await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root, env });
  const [tarball] = await readdir(folder);
  await writeFile(join(folder, "package.json"), '{"private": true, "type": "module"}');
  await run("npm", ["install", "--no-audit", "--no-fund", "--silent", `./${tarball}`], {
    cwd: folder,
    env,
  });
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it("has no flaw publint knows", async () => {
  const { stdout } = await run("npm", ["run", "--silent", "publint"], { cwd: root, env });
  expect(stdout).toContain("All good!");
});

it("contains what runs and nothing else", async () => {
  const installed = join(folder, "node_modules/dubber");
  expect((await readdir(installed)).toSorted()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "NOTICE",
    "README.md",
    "bin",
    "dist",
    "examples",
    "package.json",
  ]);
  const built = await readdir(join(installed, "dist"), { recursive: true });
  expect(built.filter((name) => /\.(test|conformance|fixture)\./.test(name))).toEqual([]);
});

it("dubs the demo from the installed command", async () => {
  const command = join(folder, "node_modules/.bin/dubber");
  const { stdout } = await run(command, ["demo", "--quiet"], { cwd: folder, env });
  const outputs = stdout.trim().split("\n");
  expect(outputs).toHaveLength(2);
  for (const output of outputs) {
    const { format } = await ffprobe(join(folder, output));
    expect(Math.abs(Number(format.duration) - 14)).toBeLessThan(0.04);
  }
});

it("can be imported, with types, and loads no engine by that", async () => {
  await writeFile(
    join(folder, "import.js"),
    `import { registerHooks } from "node:module";
     const loaded = [];
     registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
     const dubber = await import("dubber");
     console.log(JSON.stringify({ names: Object.keys(dubber), active: process.getActiveResourcesInfo(), loaded }));`,
  );
  const { stdout } = await run(process.execPath, ["import.js"], { cwd: folder, env });
  const { names, active, loaded } = JSON.parse(stdout);
  expect(loaded.length).toBeGreaterThan(20);
  expect(loaded.filter((url: string) => url.includes("@echogarden"))).toEqual([]);
  expect(names).toEqual(
    expect.arrayContaining([
      "DubberError",
      "buildTimelineSentences",
      "buildTimelineWav",
      "burn",
      "dub",
      "prep",
      "synth",
    ]),
  );
  expect(active.filter((name: string) => /Process|Worker|Message|Timeout/.test(name))).toEqual([]);
  await writeFile(
    join(folder, "typed.ts"),
    `import { dub, type DubResult } from "dubber";
     export const result: Promise<DubResult> = dub({ video: "a.mp4", to: "es", background: "keep" }).result;`,
  );
  const tsc = join(root, "node_modules/.bin/tsc");
  const flags = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2024",
    "--skipLibCheck",
    "--types",
    "",
  ];
  await run(tsc, [...flags, "typed.ts"], { cwd: folder, env });
});
