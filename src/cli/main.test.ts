/** The command line inside a program: everything it reads and writes goes through the world it is given. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "./main.ts";
import { makeTestWorld, type TestWorldOptions } from "./testing/test-world.ts";

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "dubber-main-")));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(args: readonly string[], options: TestWorldOptions = {}) {
  const world = makeTestWorld({ directory: folder, ...options });
  const code = await main(args, world);
  return { code, stdout: world.stdoutText, stderr: world.stderrText };
}

describe("main in a world of its own", () => {
  it("writes help to its stdout, as wide as its terminal", async () => {
    const narrow = await run(["dub", "--help"], { terminal: { columns: 100 } });
    const wide = await run(["dub", "--help"], { terminal: { columns: 300 } });
    expect(narrow).toMatchObject({ code: 0, stderr: "" });
    expect(narrow.stdout.split("\n").length).toBeGreaterThan(wide.stdout.split("\n").length);
  });

  it("writes what is wrong to its stderr", async () => {
    const { code, stdout, stderr } = await run(["dub"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("missing required argument 'video'");
  });

  it("begins relative paths in its folder, arguments and flags alike", async () => {
    await mkdir(join(folder, "there"), { recursive: true });
    await writeFile(join(folder, "there", "dub.json"), "{}");
    const { stderr } = await run(["clean", "--workdir", "there"]);
    expect(stderr).toContain(`Removed what Dubber wrote into ${join(folder, "there")}.`);
    const missing = await run(["prep", "nowhere.mp4", "--subs", "nowhere.srt"]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain(join(folder, "nowhere.mp4"));
  });

  it("takes the names of models for names", async () => {
    const env = { DUBBER_MODELS: join(folder, "models") };
    const { stderr } = await run(["models", "pull", "no-such-model"], { env });
    expect(stderr).toContain('"no-such-model"');
  });

  it("shows paths as they are seen from its folder", async () => {
    const { stderr } = await run(["clean", "talk.mp4"]);
    expect(stderr).toContain(`${join(folder, ".work/talk")} is not a work directory`);
  });

  it("reads the .env of its folder", async () => {
    await writeFile(join(folder, ".env"), "MAX_CONCURRENT=many\n");
    const { code, stderr } = await run(["prep", "talk.mp4"]);
    await rm(join(folder, ".env"));
    expect(code).toBe(2);
    expect(stderr).toContain('MAX_CONCURRENT is "many"');
  });

  it("asks its terminal before it spends, and takes the end of the input for a no", async () => {
    const env = { OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: "http://127.0.0.1:9/v1" };
    const bench = ["bench", "--tts-provider", "openai", "--lines", "1", "--limits", "1"];
    const asked = await run(bench, { env, terminal: { columns: 80 } });
    expect(asked.stderr).not.toContain("Say --yes");
    const refused = await run(bench, { env });
    expect(refused.code).not.toBe(0);
  });

  it("ends with 130 when it is interrupted, and at once when it is interrupted again", async () => {
    let nowMs = 0;
    const codes: number[] = [];
    const world = makeTestWorld({
      ...{ directory: folder, now: () => nowMs, exit: (code) => codes.push(code) },
      env: { PATH: process.env.PATH, DATA_DIR: join(folder, "data"), PORT: "0" },
    });
    const running = main(["serve", "--quiet", "--json"], world);
    await expect.poll(() => world.stdoutText).toContain("listening");
    world.interrupt();
    world.interrupt();
    expect(codes).toEqual([]);
    nowMs = 1000;
    world.interrupt();
    expect(codes).toEqual([130]);
    expect(await running).toBe(0);
  });
});
