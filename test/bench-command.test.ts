/** `dubber bench`: what it says before it costs, what it measures, what it leaves. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dubber, type Ended } from "./support/command.ts";
import { startFakeOpenai } from "./support/services/fake-openai.ts";
import type { FakeService, FakeServiceOptions } from "./support/services/fake-service.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-bench-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the benchmark in an empty folder, which has to be empty afterwards as well. */
async function bench(args: readonly string[], service?: FakeService): Promise<Ended> {
  const env = {
    ...{ XDG_CACHE_HOME: join(folder, "cache"), TMPDIR: folder },
    ...(service && { OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: `${service.url}/v1` }),
  };
  const ended = await dubber(["bench", ...args], { cwd: folder, env });
  expect(await readdir(folder)).toEqual([]);
  return ended;
}
const openai = (options: FakeServiceOptions): Promise<FakeService> => startFakeOpenai(options);
const paid = ["--tts-provider", "openai"];

it("says what it would cost and asks nobody without --yes", async () => {
  await using service = await openai({});
  const { code, stdout, stderr } = await bench([...paid, "--limits", "1,3"], service);
  expect({ code, stdout, asked: service.requests }).toEqual({ code: 2, stdout: "", asked: [] });
  expect(stderr).toMatch(/openai: 30 requests with \d+ characters, which will cost about \$0\.\d+/);
  expect(stderr).toContain("--yes");
});

it("prints a table of the limits and keeps to each", async () => {
  const most: number[] = [];
  await using service = await openai({
    latencyMs: ({ index }) => {
      const round = Math.floor(index / 6);
      most[round] = Math.max(most[round] ?? 0, service.inFlight);
      return 60;
    },
  });
  const args = [...paid, "--limits", "1,3", "--lines", "6", "--voice", "nova", "--yes"];
  const { code, stdout } = await bench(args, service);
  expect({ code, most }).toEqual({ code: 0, most: [1, 3] });
  expect(service.requests.every(({ voice }) => voice === "nova")).toBe(true);
  const rows = stdout.trim().split("\n");
  expect(rows[0]).toMatch(/^\| in flight \| +time \| speed-up \| refused \| retries \|$/);
  expect(rows[1]).toMatch(/^\|(-+:\|){5}$/);
  expect(rows[2]).toMatch(/^\| +1 \| +\d\.\d s \| +1\.0× \| +0 \| +0 \|$/);
  expect(rows[3]).toMatch(/^\| +3 \| +\d\.\d s \| +\d\.\d× \| +0 \| +0 \|$/);
});

it("counts what the service refuses", async () => {
  await using service = await openai({ capacity: 2, latencyMs: () => 30 });
  const args = [...paid, "--limits", "6", "--lines", "6", "--yes", "--json"];
  const { code, stdout } = await bench(args, service);
  const { measurements, costUsd } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  expect(code).toBe(0);
  expect(costUsd).toBeGreaterThan(0);
  expect(measurements).toMatchObject([{ limit: 6, failed: 0, refused: service.refused }]);
  expect(service.refused).toBeGreaterThan(0);
});

it("measures the embedded voice without a question, and finds a limit by itself", async () => {
  const { code, stdout } = await bench([
    "--limits",
    "2,auto",
    "--lines",
    "3",
    "--language",
    "es",
    "--json",
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    ...{ engine: "embedded", costUsd: 0 },
    measurements: [
      { limit: 2, failed: 0 },
      { limit: "auto", failed: 0 },
    ],
  });
});

it.each([
  [["--limits", "1,0"], 2, "1 to 1000, or auto"],
  [["--lines", "0"], 2, "from 1 to 1000"],
  [["--language", "eo"], 2, "English (en)"],
  [["--tts-provider", "loud", "--yes"], 2, "elevenlabs"],
  [["--tts-provider", "openai", "--yes"], 4, "OPENAI_API_KEY"],
])("with %j ends with %i", async (args, expected, problem) => {
  const { code, stderr, stdout } = await bench(args);
  expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
  expect(stderr).toContain(problem);
});
