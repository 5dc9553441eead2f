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

/** Imports something installed, and tells what that gave, loaded and left open. */
async function importInstalled(name: string) {
  await writeFile(
    join(folder, "import.js"),
    `import { registerHooks } from "node:module";
     const loaded = [];
     registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
     const names = Object.keys(await import("${name}"));
     console.log(JSON.stringify({ names, active: process.getActiveResourcesInfo(), loaded }));`,
  );
  const { stdout } = await run(process.execPath, ["import.js"], { cwd: folder, env });
  return JSON.parse(stdout) as Readonly<Record<"names" | "active" | "loaded", readonly string[]>>;
}

/** Fails when a program against what is installed has wrong types. */
async function checkTypes(program: string, ...flags: readonly string[]): Promise<void> {
  await writeFile(join(folder, "typed.ts"), program);
  const tsc = join(root, "node_modules/.bin/tsc");
  const usual = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024"];
  await run(tsc, [...usual, "--skipLibCheck", "--types", "", ...flags, "typed.ts"], {
    cwd: folder,
    env,
  });
}

it("can be imported, with types, and loads no engine by that", async () => {
  const { names, active, loaded } = await importInstalled("dubber");
  expect(loaded.length).toBeGreaterThan(20);
  expect(loaded.filter((url) => url.includes("@echogarden"))).toEqual([]);
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
  expect(active.filter((name) => /Process|Worker|Message|Timeout/.test(name))).toEqual([]);
  await checkTypes(
    `import { dub, type DubResult } from "dubber";
     export const result: Promise<DubResult> = dub({ video: "a.mp4", to: "es", background: "keep" }).result;`,
  );
});

it("verifies webhooks without loading anything of the server", async () => {
  const { names, loaded } = await importInstalled("dubber/webhooks");
  expect(names).toEqual(["verifyWebhook"]);
  expect(loaded.filter((url) => url.includes("/dist/server/"))).toEqual([]);
  expect(loaded.length).toBeGreaterThan(0);
});

it("has a client of its own, with types, that needs nothing but what browsers have", async () => {
  const { names, active, loaded } = await importInstalled("dubber/client");
  expect(names.toSorted()).toEqual(["DubberApiError", "DubberClient"]);
  expect(active.filter((name) => /Process|Worker|Message|Timeout/.test(name))).toEqual([]);
  const own = join(folder, "node_modules/dubber/dist/");
  expect(loaded.some((url) => url.endsWith("/dist/client/client.js"))).toBe(true);
  expect(loaded.filter((url) => !url.startsWith(`file://${own}`))).toEqual([]);
  await checkTypes(
    `import { DubberApiError, DubberClient, type DubResult, type Task } from "dubber/client";
     const client = new DubberClient({ baseUrl: "https://example.com", apiKey: "secret" });
     export async function speak(blob: Blob): Promise<number> {
       const task = await client.submit({ kind: "zero-shot", text: "Hello.", promptAudio: blob });
       for await (const { taskId, progress } of client.events(task)) [taskId.trim(), progress.toFixed()];
       const { sampleRate, bytes } = await client.result(task);
       return sampleRate + bytes;
     }
     export const dubbed = async (task: string): Promise<DubResult> => {
       const { completedAt }: Task = await client.wait(task, { timeoutMs: 1000 });
       if (completedAt === null) throw new DubberApiError("timeout", "Too long.");
       return await client.result(await client.dub({ video: "a.mp4", to: "es", burn: "hard" }));
     };
     // @ts-expect-error a recording or a voice has to be there
     export const wrong = client.submit({ kind: "zero-shot", text: "Hello." });
     // @ts-expect-error names of the wire are not those of the client
     export const wire = client.speak({ text: "Hello.", voice_id: "ann" });`,
    ...["--lib", "es2024,esnext.disposable,dom,dom.asynciterable"],
  );
});
