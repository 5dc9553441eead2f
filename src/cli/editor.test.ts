import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { editFile, editorOf } from "./editor.ts";
import { makeTestWorld } from "./testing/test-world.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-editor-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each<[string, Record<string, string>, readonly string[]]>([
  ["VISUAL wins over EDITOR", { VISUAL: "code -w", EDITOR: "nano" }, ["code", "-w"]],
  ["an empty VISUAL does not count", { VISUAL: " ", EDITOR: "nano" }, ["nano"]],
  ["quotes keep blanks together", { EDITOR: `"/a b/ed" -n 'x y'` }, ["/a b/ed", "-n", "x y"]],
  ["a shell's signs are plain text", { EDITOR: "ed $HOME;ls" }, ["ed", "$HOME;ls"]],
  ["vi where nothing is named", {}, ["vi"]],
])("%s", (_rule, env, expected) => {
  expect(editorOf(env, true)).toEqual(expected);
});

it("opens no vi where nobody sits at a terminal", () => {
  expect(() => editorOf({}, false)).toThrow(
    expect.objectContaining({ code: "missing_tool", hint: expect.stringContaining("EDITOR") }),
  );
});

it("waits for the editor, with the file as its last argument", async () => {
  const [script, file] = [join(folder, "my editor.sh"), join(folder, "text.srt")];
  await writeFile(script, '#!/bin/sh\nprintf "%s|" "$@" > "$2"\n');
  await chmod(script, 0o755);
  await editFile([script, "-w"], file, { world: makeTestWorld() });
  expect(await readFile(file, "utf8")).toBe(`-w|${file}|`);
});

it("says which editor there is not, and which one failed", async () => {
  const file = join(folder, "text.srt");
  await expect(
    editFile(["no-such-editor"], file, { world: makeTestWorld() }),
  ).rejects.toMatchObject({
    ...{ code: "missing_tool", message: 'The editor "no-such-editor" cannot be started.' },
  });
  await expect(editFile(["false"], file, { world: makeTestWorld() })).rejects.toMatchObject({
    ...{ code: "tool_failed", message: "The editor ended with code 1." },
  });
});
