/**
 * What people install: the README's line in a fresh clone, and the packed tarball in an empty folder. With the oldest Node that is
 * supported and with the newest one. Uses the registry.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ffprobe } from "./support/media.ts";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);
/** Folder of each Node's program, by its first number. */
const nodes = new Map([[24, dirname(process.execPath)]]);
/** The Node named comes first, so that npm and the installed command use it. */
const envWith = (major = 24): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: [nodes.get(major), process.env.PATH].join(delimiter),
  NO_COLOR: "1",
  // As where no other part of this checkout is found.
  npm_config_prefix: at("global"),
});
let base: string;
const at = (...names: string[]): string => join(base, ...names);
/** The folder the tarball is installed in. */
const folder = (): string => at("empty");
const tarball = (): string => at("dubber.tgz");

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "dubber-package-"));
  // The oldest that is supported. As a platform's own package it needs no script to run at installing.
  const older = `node-${process.platform}-${process.arch}`;
  await mkdir(at("node-22"));
  const install = ["install", "--no-audit", "--no-fund", "--silent"];
  await run("npm", [...install, "--prefix", at("node-22"), `${older}@22.18.0`]);
  nodes.set(22, at("node-22/node_modules", older, "bin"));

  await copyCheckout(at("clone"));
  await run("bash", ["-euc", await installLine()], { cwd: at("clone"), env: envWith(22) });
  await mkdir(folder());
  const pack = ["pack", "--silent", "--pack-destination", folder()];
  await run("npm", pack, { cwd: at("clone"), env: envWith() });
  await rename(join(folder(), (await readdir(folder()))[0] as string), tarball());
  await writeFile(join(folder(), "package.json"), '{"private": true, "type": "module"}');
  await run("npm", [...install, tarball()], { cwd: folder(), env: envWith() });
}, 300_000);
afterAll(() => rm(base, { recursive: true, force: true }));

/** Everything that git has or would take: what a clone of the next commit contains. */
async function copyCheckout(to: string): Promise<void> {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const { stdout } = await run("git", list, { cwd: root, maxBuffer: 2 ** 26 });
  for (const name of stdout.split("\0").filter((one) => one !== "")) {
    await cp(join(root, name), join(to, name)).catch((error: NodeJS.ErrnoException) => {
      // Deleted, and not yet committed.
      if (error.code !== "ENOENT") throw error;
    });
  }
}

/** What the README has people type to install the command. */
async function installLine(): Promise<string> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [line = ""] = readme.match(/^npm install -g \..*$/m) ?? [];
  expect(line).not.toBe("");
  return line;
}

describe.each([22, 24])("with Node %i", (major) => {
  it("the README's line in a fresh clone gives the command", async () => {
    const { stdout } = await run(at("global/bin/dubber"), ["voices", "--language", "eo"], {
      cwd: base,
      env: envWith(major),
    });
    expect(stdout).toContain("Esperanto");
  });

  it("the packed tarball gives the command in an empty folder", async () => {
    const command = join(folder(), "node_modules/.bin/dubber");
    const { stdout } = await run(command, ["voices", "--language", "eo"], {
      cwd: folder(),
      env: envWith(major),
    });
    expect(stdout).toContain("Esperanto");
  });
});

it("a checkout without its packages says what to type", async () => {
  await copyCheckout(at("bare"));
  const started = run(process.execPath, [at("bare/bin/dubber.js"), "--version"]);
  await expect(started).rejects.toMatchObject({
    code: 4,
    stderr: `Dubber's packages are not installed. Run \`npm ci\` in ${at("bare")}/\n`,
  });
});

it("has no flaw publint knows", async () => {
  const publint = join(root, "node_modules/.bin/publint");
  const { stdout } = await run(publint, ["run", tarball(), "--strict"], { env: envWith() });
  expect(stdout).toContain("All good!");
});

it("contains what runs and nothing else", async () => {
  const installed = join(folder(), "node_modules/dubber");
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
  expect(built.filter((name) => /\.test\.|\/testing\//.test(name))).toEqual([]);
});

it("dubs the demo from the installed command", async () => {
  const command = join(folder(), "node_modules/.bin/dubber");
  const { stdout } = await run(command, ["demo", "--quiet"], { cwd: folder(), env: envWith() });
  const outputs = stdout.trim().split("\n");
  expect(outputs).toHaveLength(2);
  for (const output of outputs) {
    const { format } = await ffprobe(join(folder(), output));
    expect(Math.abs(Number(format.duration) - 14)).toBeLessThan(0.04);
  }
});

/** Imports something installed, and tells what that gave, loaded and left open. */
async function importInstalled(name: string) {
  await writeFile(
    join(folder(), "import.js"),
    `import { registerHooks } from "node:module";
     const loaded = [];
     registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
     const names = Object.keys(await import("${name}"));
     console.log(JSON.stringify({ names, active: process.getActiveResourcesInfo(), loaded }));`,
  );
  const { stdout } = await run(process.execPath, ["import.js"], { cwd: folder(), env: envWith() });
  return JSON.parse(stdout) as Readonly<Record<"names" | "active" | "loaded", readonly string[]>>;
}

/** Fails when a program against what is installed has wrong types. */
async function checkTypes(program: string, ...flags: readonly string[]): Promise<void> {
  await writeFile(join(folder(), "typed.ts"), program);
  const tsc = join(root, "node_modules/.bin/tsc");
  const usual = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024"];
  await run(tsc, [...usual, "--skipLibCheck", "--types", "", ...flags, "typed.ts"], {
    cwd: folder(),
    env: envWith(),
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
  const own = join(folder(), "node_modules/dubber/dist/");
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
