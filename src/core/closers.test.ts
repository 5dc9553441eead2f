import { describe, expect, it } from "vitest";
import { Closers } from "./closers.ts";

describe("closers", () => {
  it("close in the other order, each once, also after one that fails", async () => {
    const closed: string[] = [];
    const closers = new Closers();
    closers.add(() => closed.push("first"));
    closers.add(async () => {
      closed.push("second");
      throw new Error("stuck");
    });
    closers.use({ [Symbol.asyncDispose]: async () => void closed.push("third") });
    await expect(closers.close()).rejects.toThrow("stuck");
    await closers.close();
    expect(closed).toEqual(["third", "second", "first"]);
  });
});
