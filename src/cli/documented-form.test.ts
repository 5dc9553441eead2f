import { describe, expect, it } from "vitest";
import { documentedForm, isDocumentedForm } from "./documented-form.ts";

const rewrite = (line: string, env = {}): string => documentedForm(line.split(" "), env).join(" ");

describe("the documented form", () => {
  it.each([
    [
      "--input-video v.mp4 --stage synth --async-tts",
      "synth v.mp4 --tts-provider openai --async-tts",
    ],
    [
      "--input-video=v.mp4 --stage=burn --async-tts",
      "burn v.mp4 --tts-provider openai --async-tts",
    ],
    // No stage means all, no --async-tts one call at a time.
    ["--input-video v.mp4", "dub v.mp4 --sync --tts-provider openai"],
    ["--stage all --input-video v.mp4", "dub v.mp4 --sync --tts-provider openai"],
    ["--stage prep --sync --input-video v.mp4", "prep v.mp4 --tts-provider openai --sync"],
    [
      "--stage youtube --youtube-ai --async-tts --input-video v.mp4",
      "youtube v.mp4 --tts-provider openai --youtube-ai --async-tts",
    ],
    // An engine that was named stays.
    [
      "--input-video v.mp4 --tts-provider elevenlabs --async-tts",
      "dub v.mp4 --tts-provider elevenlabs --async-tts",
    ],
    ["--input-video v.mp4 --engine=embedded --sync", "dub v.mp4 --engine=embedded --sync"],
    // Everything else is passed on as it is.
    [
      "--workdir w --input-video v.mp4 --async-tts --max-concurrent 3",
      "dub v.mp4 --tts-provider openai --workdir w --async-tts --max-concurrent 3",
    ],
    ["--input-video -v.mp4 --async-tts", "dub ./-v.mp4 --tts-provider openai --async-tts"],
    ["--input-video v.mp4 --help", "dub --help"],
  ])("%s → %s", (given, expected) => {
    expect(isDocumentedForm(given.split(" "))).toBe(true);
    expect(rewrite(given)).toBe(expected);
  });

  it("leaves the engine to TTS_PROVIDER where that is set", () => {
    const env = { TTS_PROVIDER: "elevenlabs" };
    expect(rewrite("--input-video v.mp4 --async-tts", env)).toBe("dub v.mp4 --async-tts");
  });

  it.each([
    ["--input-video v.mp4 --stage mix", 'no stage "mix"'],
    ["--input-video v.mp4 --stage constructor", 'no stage "constructor"'],
    ["--input-video v.mp4 --stage", "--stage needs a value"],
    ["--input-video= --stage synth", "--input-video needs a value"],
    ["--stage synth", "--input-video needs a value"],
  ])("%s: %s", (given, problem) => {
    expect(() => rewrite(given)).toThrow(problem);
  });
});

it.each(["dub v.mp4", "synth v.mp4 --stage", "--help", "--version", "-- --input-video v.mp4", ""])(
  "is not what these arguments are: %j",
  (line) => {
    expect(isDocumentedForm(line.split(" ").filter(Boolean))).toBe(false);
  },
);
