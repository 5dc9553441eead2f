import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gendersOf } from "./speaker-genders.ts";
import { writeVoices } from "./voices-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-genders-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("gendersOf", () => {
  it("believes the video's own file, then the shared one, then the option", async () => {
    const voices = join(folder, "series.json");
    await writeVoices(join(folder, "voices.json"), [
      { label: "Speaker 1", name: "Ann", gender: "female", voices: {} },
      { label: "Speaker 2", name: "Speaker 2", voices: {}, print: [0, 1] },
    ]);
    await writeVoices(voices, [
      { label: "Ann", name: "Ann", gender: "male", voices: {} },
      { label: "Olga", name: "Olga", gender: "female", voices: {}, print: [0.1, 1] },
    ]);
    const labels = ["Speaker 1", "Speaker 2", "Speaker 3", ""];
    expect(await gendersOf(folder, { gender: "male", voices }, labels)).toEqual({
      ...{ "Speaker 1": "female", "Speaker 2": "female", "Speaker 3": "male", "": "male" },
    });
    expect(await gendersOf(folder, {}, labels)).toEqual({ "Speaker 1": "female" });
  });

  it("knows nothing of nobody", async () => {
    expect(await gendersOf(folder, {}, ["", "Ann"])).toEqual({});
  });
});
