/** Kills a dub at a seeded moment and runs it again. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { dubber, start } from "./command.ts";
import { fingerprintOf } from "./runs.ts";
import { seededRandom } from "./seeded-random.ts";

export type KillLoop = {
  readonly folder: string;
  /** Arguments of an unbroken `dubber dub` but for work directory and output. */
  readonly args: readonly string[];
  readonly rounds: number;
  readonly seed: number;
};

/**
 * Runs the dub once unbroken, then `rounds` times with a kill -9 at a random moment of its length and a second run to the end.
 *
 * @returns the unbroken run's fingerprint, and for each round when it was killed, whether it was still running, and its own.
 */
export async function killLoop({ folder, args, rounds, seed }: KillLoop) {
  const random = seededRandom(seed);
  const run = (name: string): string[] => [
    ...args,
    ...["--quiet", "--workdir", join(folder, name), "-o", join(folder, `${name}.mp4`)],
  ];
  const print = (name: string) =>
    fingerprintOf(join(folder, name, "es"), join(folder, `${name}.mp4`));

  const startedAt = performance.now();
  const unbroken = await dubber(run("unbroken"));
  if (unbroken.code !== 0) throw new Error(`The unbroken run failed: ${unbroken.stderr}`);
  const length = performance.now() - startedAt;
  const expected = await print("unbroken");

  const killed = [];
  for (let round = 0; round < rounds; round++) {
    const name = `killed-${round}`;
    // Nearly all of an unbroken run, so that a faster one is still running.
    const afterMs = random() * 0.9 * length;
    const running = start(run(name));
    const timer = setTimeout(() => running.process.kill("SIGKILL"), afterMs);
    const first = await running.ended;
    clearTimeout(timer);
    const second = await dubber(run(name));
    killed.push({
      afterMs: Math.round(afterMs),
      wasKilled: first.signal === "SIGKILL",
      code: second.code,
      stderr: second.stderr,
      fingerprint: second.code === 0 ? await print(name) : {},
    });
    await rm(join(folder, name), { recursive: true, force: true });
  }
  return { expected, killed };
}
