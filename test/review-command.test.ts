/** `dubber review`, with an editor that is a script: what a person changes, and what a next run makes of it. */
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dubber } from "./support/command.ts";
import { readPlanIn, runJson } from "./support/dub.ts";
import { asked, type HeardTalk, makeHeardTalk, phrases } from "./support/heard-talk.ts";
import { pseudoTranslation } from "./support/services/pseudo-translation.ts";
import { makeTalk, type Talk } from "./support/talk.ts";

/** An editor that replaces texts of the file, as $EDITOR takes it: with arguments, and quotes around blanks. */
async function editorIn(
  folder: { at(...names: string[]): string },
  changes: readonly (readonly [from: string, to: string])[],
): Promise<string> {
  const script = folder.at("my editor.mjs");
  await writeFile(
    script,
    `import { readFileSync, writeFileSync } from "node:fs";
const [flag, path] = process.argv.slice(2);
if (flag !== "-w") process.exit(9);
let text = readFileSync(path, "utf8");
for (const [from, to] of ${JSON.stringify(changes)}) {
  if (!text.includes(from)) process.exit(8);
  text = text.replace(from, to);
}
writeFileSync(path, text);
`,
  );
  return `"${process.execPath}" "${script}" -w`;
}

describe("a dub", () => {
  let talk: Talk;
  let work: readonly string[];
  beforeEach(async () => {
    talk = await makeTalk({ lines: 6 });
    work = [basename(talk.video), "--to", "es", "--workdir", "work"];
  });
  afterEach(() => talk[Symbol.asyncDispose]());
  const run = (args: readonly string[], env = {}) =>
    dubber(args, { cwd: talk.folder, env: { ...talk.env, ...env } });
  const json = (args: readonly string[], env = {}) =>
    runJson(args, { cwd: talk.folder, env: { ...talk.env, ...env } });

  /** When each clip was made. */
  async function clips(): Promise<ReadonlyMap<string, number>> {
    const names = (await readdir(talk.at("work/es/speech"))).filter((name) => /\.wav$/.test(name));
    const times = names.map(
      async (name) => [name, (await stat(talk.at("work/es/speech", name))).mtimeMs] as const,
    );
    return new Map(await Promise.all(times));
  }

  it("is shown as a table on stdout, with what the marks mean on stderr", async () => {
    await run(["prep", ...work, "--subs", talk.subs]);
    const { code, stdout, stderr } = await run(["review", ...work]);
    expect(code).toBe(0);
    const [head, ...rows] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/time +text +c\/s +fit$/);
    expect(rows).toHaveLength(6);
    expect(rows[1]).toMatch(/^ {2}00:02\.0 {2}Línea 2 y más\. +7\.4 +0\.49$/);
    expect(stderr).toBe("talk.mp4 in Spanish: work/es/subs.srt\n");
    const { result } = await json(["review", ...work]);
    expect(result.rows).toHaveLength(6);
    expect(result).toMatchObject({ status: "done", path: talk.at("work/es/subs.srt") });
  });

  it("is edited: a line changed, one moved, one dropped, one split; synth speaks only what is new", async () => {
    expect((await run(["dub", ...talk.args])).code).toBe(0);
    const before = await clips();
    const [, , two, three, four, five] = talk.texts;
    const EDITOR = await editorIn(talk, [
      [two ?? "", "Algo muy distinto."],
      ["00:00:06,000 --> 00:00:07,900", "00:00:06,300 --> 00:00:07,900"],
      [`5\n00:00:08,000 --> 00:00:09,900\n${four}\n\n`, ""],
      [
        `00:00:10,000 --> 00:00:11,900\n${five}`,
        "00:00:10,000 --> 00:00:10,900\nLínea 6\n\n7\n00:00:11,000 --> 00:00:11,900\ny más.",
      ],
    ]);
    expect(five).toBe("Línea 6 y más.");
    const edited = await run(["review", ...work, "--edit"], { EDITOR });
    expect(edited.code).toBe(0);
    expect(edited.stderr).toContain("Changed: 1 edited, 1 moved, 1 dropped, 1 split.");
    expect(edited.stderr).toContain("`dubber synth` speaks 3 lines anew and keeps 3.");
    const shown = await run(["review", ...work]);
    expect(shown.stdout).toMatch(/^~ 00:04\.0 {2}Algo muy distinto\./m);
    expect(shown.stdout).not.toContain(four);
    expect(shown.stderr).toContain("Since prep: 1 edited, 1 moved, 1 dropped, 1 split");

    const synth = ["synth", ...work, "--align-mode", "segment", "--loudness", "off"];
    expect((await run(synth)).code).toBe(0);
    const after = await clips();
    for (const [name, time] of before) expect([name, after.get(name)]).toEqual([name, time]);
    expect(after.size - before.size).toBe(3);
    const { lines } = await readPlanIn(talk.at("work/es"));
    expect(lines.map(({ text }) => text)).toEqual([
      ...[talk.texts[0], talk.texts[1], "Algo muy distinto.", three],
      ...["Línea 6", "y más."],
    ]);
    expect(lines[3]?.slot.start).toBeCloseTo(6.3, 3);
    const again = await run(["review", ...work, "--edit"], { EDITOR: "true" });
    expect(again.stderr).toBe("Nothing changed.\n`dubber synth` has nothing to do.\n");
  });

  it("says the same to programs", async () => {
    expect((await run(["dub", ...talk.args])).code).toBe(0);
    const EDITOR = await editorIn(talk, [[talk.texts[2] ?? "", "Algo muy distinto."]]);
    const { result, stderr } = await json(["review", ...work, "--edit"], { EDITOR });
    const rows = result.rows as readonly Readonly<Record<string, unknown>>[];
    expect(stderr).toBe("");
    expect(result.changes).toMatchObject({ edited: [rows[2]?.id], moved: [] });
    expect(rows.map((row) => [row.status, "spoken" in row])).toEqual([
      ...[
        ["as prepared", true] as const,
        ["as prepared", true] as const,
        ["edited", false] as const,
      ],
      ...Array.from({ length: 3 }, () => ["as prepared", true] as const),
    ]);
  });

  it("refuses times that were broken, with the line, and takes them once they are mended", async () => {
    await run(["prep", ...work, "--subs", talk.subs]);
    const times = "00:00:02,000 --> 00:00:03,900";
    const broken = "00:00:02,000 -- 00:00:03,900";
    const slip = await editorIn(talk, [[times, broken]]);
    const { code, stderr, stdout } = await run(["review", ...work, "--edit"], { EDITOR: slip });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(
      `Line 6 of ${talk.at("work/es/subs.srt")}: "${broken}" cannot be read`,
    );
    expect(stderr).toContain("Run it again with --edit");
    // What the person typed is still there.
    expect(await readFile(talk.at("work/es/subs.srt"), "utf8")).toContain(broken);
    const mend = await editorIn(talk, [[broken, times]]);
    expect((await run(["review", ...work, "--edit"], { EDITOR: mend })).code).toBe(0);
  });

  it("needs prep, an editor, and a file that is left", async () => {
    const missing = await json(["review", ...work]);
    expect(missing).toMatchObject({ code: 1, result: { error: { code: "text_missing" } } });
    expect(missing.result.error?.hint).toContain("dubber prep");
    await run(["prep", ...work, "--subs", talk.subs]);
    const nobody = await json(["review", ...work, "--edit"], { EDITOR: "", VISUAL: "" });
    expect(nobody).toMatchObject({ code: 4, result: { error: { code: "missing_tool" } } });
    const failed = await json(["review", ...work, "--edit"], { VISUAL: "false" });
    expect(failed).toMatchObject({ code: 1, result: { error: { code: "tool_failed" } } });
    const source = await json(["review", ...work, "--source"]);
    expect(source).toMatchObject({ code: 2, result: { error: { code: "usage" } } });
    await rm(talk.video);
    expect(await json(["review", ...work])).toMatchObject({ code: 1 });
  });
});

describe("what was heard", () => {
  let talk: HeardTalk;
  beforeEach(async () => {
    talk = await makeHeardTalk();
  });
  afterEach(() => talk[Symbol.asyncDispose]());

  it("is edited with --source, and only what changed is translated anew", async () => {
    const service = await talk.serve();
    const run = (args: readonly string[], env = {}) =>
      dubber(args, { cwd: talk.at("."), env: { ...talk.env(service), ...env } });
    const work = ["talk.mp4", "--to", "es"];
    const prep = ["prep", ...work, "--stt", "openai", "--translate", "--skip-polish"];
    expect((await run(prep)).code).toBe(0);
    const shown = await run(["review", ...work]);
    expect(shown.stdout).toMatch(/time +source +translation +c\/s +fit\n/);
    expect(shown.stdout).toContain(phrases[1]?.text);

    const EDITOR = await editorIn(talk, [["12 trees", "15 bushes"]]);
    const edited = await run(["review", ...work, "--edit", "--source"], { EDITOR });
    expect(edited.code).toBe(0);
    expect(edited.stderr).toContain("Changed: 1 edited.\n`dubber prep` takes it over");
    const before = asked(service, "transcriptions");
    expect((await run(prep)).code).toBe(0);
    expect(asked(service, "transcriptions")).toBe(before);
    const subs = await readFile(talk.at(".work/talk/es/subs.srt"), "utf8");
    const corrected = (phrases[1]?.text ?? "").replace("12 trees", "15 bushes");
    expect(subs.replaceAll("\n", " ")).toContain(pseudoTranslation(corrected, "es").normal);
  });
});
