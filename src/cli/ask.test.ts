import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { askYesNo } from "./ask.ts";

/** What is made of an answer, and what the person saw. */
async function answer(given: string): Promise<{ isYes: boolean; seen: string }> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(given);
  const isYes = await askYesNo("Go on?", { stdin: input, stderr: output });
  output.end();
  return { isYes, seen: await text(output) };
}

it.each(["y\n", "yes\n", "Y\n", " yes \n"])("takes %j for yes", async (given) => {
  expect(await answer(given)).toEqual({ isYes: true, seen: "Go on? [y/N] " });
});

it.each(["\n", "n\n", "no\n", "yesterday\n", ""])("takes %j for no", async (given) => {
  expect((await answer(given)).isYes).toBe(false);
});

it("ends with the signal's reason", async () => {
  const controller = new AbortController();
  const asking = askYesNo(
    "Go on?",
    { stdin: new PassThrough(), stderr: new PassThrough() },
    { signal: controller.signal },
  );
  const reason = new Error("stop");
  controller.abort(reason);
  await expect(asking).rejects.toBe(reason);
});
