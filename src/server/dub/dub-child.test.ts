import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { linux, needs } from "../../../test/support/needs.ts";
import { DubProcessEnded, runDubProcess } from "./dub-child.ts";
import type { DubOrder } from "./dub-protocol.ts";

const order: DubOrder = {
  job: {
    ...{ video: "v.mp4", to: "es", engine: "embedded", fit: "plan", background: "duck" },
    ...{ burn: "soft", loudness: -14 },
  },
  ...{ directory: "/nowhere", root: "/nowhere", video: "/nowhere/v.mp4" },
};

/** Process ids by a word of their command line; only where the system shows them. */
function pidsOf(word: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(word);
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe("the process of a dub", needs(linux), () => {
  it("is ended when it tells nothing any more", async () => {
    const name = `still-${process.pid}`;
    const running = runDubProcess(order, {
      ...{ name, env: { PATH: process.env.PATH }, stillMs: 400 },
      ...{ onProgress: () => {}, signal: new AbortController().signal },
    });
    // As soon as it is there, before it has had the time to read its order.
    await expect.poll(() => pidsOf(name).length, { interval: 2 }).toBe(1);
    const [pid] = pidsOf(name);
    process.kill(pid as number, "SIGSTOP");
    await expect(running).rejects.toThrow(DubProcessEnded);
    expect(pidsOf(name)).toEqual([]);
  });
});
