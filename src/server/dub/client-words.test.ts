import { describe, expect, it } from "vitest";
import { DubberError } from "../../core/error.ts";
import { openClientWords } from "./client-words.ts";

const root = "/srv/dubber data";
const words = openClientWords({
  root,
  video: `${root}/files/ab/task_1_video.mp4`,
  subtitles: `${root}/files/cd/task_1_text.srt`,
});

describe("what a client is told of a dub", () => {
  it.each([
    [`${root}/files/ab/task_1_video.mp4 is empty (0 bytes).`, "The video is empty (0 bytes)."],
    ["task_1_text.srt holds no cue.", "The subtitle file holds no cue."],
    [
      `The disk is full; ${root}/work/task_1/es/speech/x.wav could not be written.`,
      "The disk is full; a file of the server could not be written.",
    ],
    ["The program /usr/lib/x/ffmpeg is missing.", "The program a file of the server is missing."],
    ["and/or 3/4 of it, at 1.5 s", "and/or 3/4 of it, at 1.5 s"],
  ])("%s", (text, said) => {
    expect(words.message(text)).toBe(said);
  });

  it("holds neither ffmpeg's words nor hints for whoever sits at the command line", () => {
    const error = words.error(
      new DubberError("tool_failed", `ffmpeg failed (exit code 1).\n[mp4] ${root}/x: bad`, {
        hint: "Run `dubber doctor` to check the installation.",
        retryable: true,
      }),
    );
    expect(error).toMatchObject({ code: "tool_failed", retryable: true });
    expect(error).toMatchObject({ message: "ffmpeg failed (exit code 1).", hint: undefined });
  });

  it("says how to send what is missing", () => {
    const hint = "Give it with --subs FILE (SRT, VTT, ASS or segments JSON).";
    const error = words.error(new DubberError("text_missing", "There is no text.", { hint }));
    expect(error.hint).toMatch(/^Send the text in the dub's language as `subtitles`/);
  });

  it("keeps a text as it was written, but for the server's own folders", () => {
    const report = { lines: [{ text: "Look at /etc/passwd/x.", n: 1 }], path: `${root}/work/a` };
    expect(words.value(report)).toEqual({ ...report, path: "a file of the server" });
  });
});
