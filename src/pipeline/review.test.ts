import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatSegments } from "../subtitles/segments-json.ts";
import { formatSrt } from "../subtitles/srt.ts";
import { type PlannedLine, writePlan } from "./plan-file.ts";
import { findReview, review } from "./review.ts";
import { writeState } from "./state.ts";
import { type PreparedLine, writeTranslation } from "./translation-file.ts";

let root: string;
let video: string;
const prepared: readonly PreparedLine[] = [
  { id: "a", start: 0, end: 2, text: "Hola a todos los presentes.", source: "Hello, everybody." },
  { id: "b", start: 2, end: 4, text: "Hoy hablamos de puentes." },
  { id: "c", start: 5, end: 6, text: "[?] Bye.", source: "Bye.", error: "refused" },
];
const edited = [
  prepared[0] as PreparedLine,
  { ...(prepared[1] as PreparedLine), text: "Hoy toca hablar de puentes." },
  prepared[2] as PreparedLine,
  { id: "", start: 8, end: 10, text: "Y nada más." },
];

const line = (id: string, parts: readonly PreparedLine[], tempo: number): PlannedLine => ({
  ...{ id, text: parts.map(({ text }) => text).join(" "), voice: "es", clip: `${id}.wav` },
  slot: { start: parts[0]?.start ?? 0, end: parts.at(-1)?.end ?? 0 },
  segments: parts.map((part) => ({ ...part })),
  ...{ speech: { start: 0, end: 2 }, levelDb: -20, start: 0, duration: 2, tempo },
  ...{ early: 0, delay: 0, borrowed: 0, overrun: 0 },
});

async function lay(folder: string, lines: readonly PreparedLine[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeTranslation(join(folder, "translation.json"), prepared);
  await writeFile(join(folder, "subs.srt"), formatSrt(lines));
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dubber-review-"));
  video = join(root, "talk.mp4");
  await writeFile(video, "a video");
  await lay(join(root, "work/es"), edited);
  await writeFile(
    join(root, "work/es/segments_raw.json"),
    formatSegments([{ id: "x", start: 8.1, end: 9, text: "And\nthat is all." }]),
  );
  const [a, b] = prepared as [PreparedLine, PreparedLine];
  await writePlan(join(root, "work/es/plan.json"), {
    ...{ schema: 1, duration: 10, language: "es", engine: "embedded", failures: [], warnings: [] },
    lines: [line("l1", [a], 1.1), line("l2", [b], 1.2)],
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const find = (to?: string) => review({ video, workdir: join(root, "work"), ...(to && { to }) });

it("tells of each line what became of it, and what the original says", async () => {
  const { rows, language } = await find("es");
  expect(language).toBe("es");
  expect(rows.map(({ id, status, source }) => [id, status, source])).toEqual([
    ["a", "as prepared", "Hello, everybody."],
    ["b", "edited", undefined],
    ["c", "not translated", "Bye."],
    [expect.stringMatching(/^[0-9a-f]{8}$/), "new", "And that is all."],
  ]);
});

it("says how fast a line reads, and how well it fits at the pace of the voice", async () => {
  const [first, , , last] = (await find("es")).rows;
  expect(first?.charactersPerSecond).toBeCloseTo(27 / 2, 6);
  // Two lines are too few to learn a pace from: 15 characters a second.
  expect(first?.fit).toBeCloseTo(27 / 15 / 2, 6);
  expect(last?.fit).toBeCloseTo(11 / 15 / 2, 6);
});

it("knows how a line was spoken while it still says the same", async () => {
  const { rows, changes } = await find("es");
  expect(rows.map(({ spoken }) => spoken?.tempo)).toEqual([1.1, undefined, undefined, undefined]);
  expect(changes).toMatchObject({ edited: ["b"], added: [rows[3]?.id], dropped: [] });
});

it("counts a line as changed when one of the segments in it was", async () => {
  const [a, b] = prepared as [PreparedLine, PreparedLine];
  const folder = join(root, "grouped/es");
  await lay(folder, edited);
  await writePlan(join(folder, "plan.json"), {
    ...{ schema: 1, duration: 10, engine: "embedded", failures: [], warnings: [] },
    lines: [line("l1", [a, b], 1.1)],
  });
  const { rows } = await review({ video, to: "es", workdir: join(root, "grouped") });
  expect(rows[0]).not.toHaveProperty("spoken");
});

it("changes nothing, and needs nobody's leave", async () => {
  await writeFile(join(root, "work/.lock"), "taken");
  const before = await readdir(root, { recursive: true });
  await find("es");
  expect(await readdir(root, { recursive: true })).toEqual(before);
});

it("says which languages there are where the one asked for is not", async () => {
  await expect(find("ru")).rejects.toMatchObject({
    ...{ code: "text_missing", hint: "There is one for --to es." },
  });
  await expect(review({ video, workdir: join(root, "nowhere") })).rejects.toMatchObject({
    ...{ code: "text_missing", hint: expect.stringContaining("dubber prep") },
  });
});

it("finds a file that cannot be read any more, so that it can be mended", async () => {
  const folder = join(root, "broken");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "subs.srt"), "no times at all");
  const options = { video, workdir: folder };
  expect(await findReview(options)).toMatchObject({ path: join(folder, "subs.srt") });
  await expect(review(options)).rejects.toMatchObject({ code: "invalid_text" });
});

it("refuses a work directory that belongs to another video", async () => {
  const folder = join(root, "foreign");
  await lay(folder, edited);
  const identity = { sizeBytes: 1, modifiedMs: 1, inode: 1, sha256: "0".repeat(64) };
  await writeState(join(folder, "dub.json"), {
    ...{ schema: 1, stages: {}, source: { ...identity, path: "/other/talk.mp4" } },
  });
  await expect(review({ video, workdir: folder })).rejects.toMatchObject({
    code: "work_directory_foreign",
  });
});
