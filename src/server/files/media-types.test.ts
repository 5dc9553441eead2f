import { describe, expect, it } from "vitest";
import { mediaTypeOf } from "./media-types.ts";

describe("the media type of a file", () => {
  it.each([
    ["task_1.wav", "audio/wav"],
    ["task_1.mp3", "audio/mpeg"],
    ["task_1.opus", "audio/ogg"],
    ["task_1.aac", "audio/aac"],
    ["task_1.pcm", "audio/pcm"],
    ["task_1.m4a", "audio/mp4"],
    ["task_1.mkv", "video/x-matroska"],
    ["task_1.avi", "video/x-msvideo"],
    ["task_1.ogg", "video/ogg"],
    ["task_1.srt", "application/x-subrip"],
    ["task_1_0.part", "application/octet-stream"],
    ["task_1", "application/octet-stream"],
  ])("%s is %s", (name, type) => {
    expect(mediaTypeOf(name)).toBe(type);
  });
});
