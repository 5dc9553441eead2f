import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFakeEngine } from "../../../test/support/fake-engine.ts";
import { foundTools } from "../../../test/support/found-tools.ts";
import { named } from "../../../test/support/named.ts";
import { recordedTone } from "../../synthesis/testing/recorded-tone.ts";
import type { ServerContext } from "../context.ts";
import { speechJobSchema } from "../speech/job.ts";
import { openSpeechBench, type SpeechBench } from "../speech/testing/speech-bench.ts";
import { start } from "../tasks/testing/new-task.ts";
import { makeStoredVoice } from "../voices/testing/stored-voice.ts";
import { makeSpeechTask, type SpeechOrder } from "./order-speech.ts";

let bench: SpeechBench;
let context: ServerContext;
const openWith = async (features: Parameters<typeof makeFakeEngine>[0] = {}) => {
  await bench?.[Symbol.asyncDispose]();
  bench = await openSpeechBench(makeFakeEngine(features));
  context = {
    ...bench.context,
    ...{ folder: bench.folder, now: () => start, settings: { maxSampleSeconds: 30 } },
    tools: foundTools,
  } as unknown as ServerContext;
};
beforeEach(() => openWith());
afterEach(async () => {
  await bench[Symbol.asyncDispose]();
  bench = undefined as unknown as SpeechBench;
});

const usual: SpeechOrder = {
  ...{ owner: "ann", kind: "sft", origin: "async", text: "Hello.", voiceId: "ann" },
  ...{ speed: 1, format: "wav" },
};
const order = (change: Partial<SpeechOrder> = {}) =>
  makeSpeechTask(context, { ...usual, ...change });
const able = { features: { cloning: true, instructions: true } };
/** An upload, on the disk. */
const upload = async (content: Uint8Array = recordedTone(200).wav): Promise<string> => {
  const path = join(bench.folder, "upload");
  await writeFile(path, content);
  return path;
};

describe("an order for speech", () => {
  it("becomes a task that says all that is needed, and can be carried out", async () => {
    const task = await order({ speed: 1.5, format: "mp3", callbackUrl: "https://hooks.example" });
    expect(task).toEqual({
      ...{ id: expect.stringMatching(/^task_[0-9a-f]{36}$/), owner: "ann", kind: "speech" },
      ...{ origin: "async", cost: 6, createdAt: start, files: [] },
      callbackUrl: "https://hooks.example",
      request: {
        ...{ kind: "sft", text: "Hello.", engine: "fake", voice: "ann", language: "en" },
        ...{ speed: 1.5, format: "mp3" },
      },
    });
    expect(speechJobSchema.parse(JSON.parse(JSON.stringify(task.request)))).toEqual(task.request);
    expect((await order()).id).not.toBe(task.id);
  });

  it.each(named(["", " \n", "...", "♪ ♪", "\u0000", "😀"]))(
    "is refused for the text %s",
    async (_name, text) => {
      await expect(order({ text })).rejects.toMatchObject({ code: "invalid_text" });
    },
  );

  it("is refused without a voice, and with two", async () => {
    for (const change of [{ voiceId: undefined }, { promptPath: await upload() }]) {
      await expect(order(change)).rejects.toMatchObject({
        ...{ code: "validation_error", details: { errors: [{ field: "voice_id" }] } },
      });
    }
  });

  it("is refused for a voice that nobody has", async () => {
    await expect(order({ voiceId: "nobody" })).rejects.toMatchObject({ code: "voice_not_found" });
  });

  it.each(["zero-shot", "cross-lingual"] as const)(
    "of %s is refused for a voice that is no recording",
    async (kind) => {
      await openWith(able);
      const refusal = {
        code: "engine_unsupported",
        message: expect.stringMatching(/prompt_audio/),
      };
      await expect(order({ kind })).rejects.toMatchObject(refusal);
    },
  );

  it("is refused for a recording where nobody can clone, before the recording is looked at", async () => {
    const promptPath = await upload(Buffer.from("no sound"));
    const change = { kind: "zero-shot", voiceId: undefined, promptPath } as const;
    await expect(order(change)).rejects.toMatchObject({ code: "engine_unsupported" });
    await bench.voices.add(makeStoredVoice());
    await expect(order({ voiceId: "my_voice" })).rejects.toMatchObject({
      code: "engine_unsupported",
    });
  });

  it("for instructions is refused where the engine follows none, unless it may ignore them", async () => {
    const change = { kind: "instruct", instructions: "Softly." } as const;
    await expect(order(change)).rejects.toMatchObject({ code: "engine_unsupported" });
    const { request } = await order({ ...change, ignoresInstructions: true });
    expect(request).toMatchObject({ instructions: "Softly." });
    await openWith(able);
    expect((await order(change)).request).toMatchObject({ instructions: "Softly." });
  });

  it("with an own voice names it, whatever kind it is", async () => {
    await openWith(able);
    await bench.voices.add(makeStoredVoice({ language: "es" }));
    for (const kind of ["sft", "instruct", "zero-shot", "cross-lingual"] as const) {
      const { request } = await order({ kind, voiceId: "my_voice" });
      expect(request).toMatchObject({ engine: "fake", ownVoice: "my_voice", language: "es" });
      expect(request).not.toHaveProperty("voice");
    }
    await expect(order({ owner: "bob", voiceId: "my_voice" })).rejects.toMatchObject({
      code: "voice_not_found",
    });
  });

  it("with a recording keeps it as the task's own", async () => {
    await openWith(able);
    const promptPath = await upload();
    const change = {
      kind: "zero-shot",
      voiceId: undefined,
      promptPath,
      promptText: "Hi.",
    } as const;
    const task = await order(change);
    const name = `${task.id}_prompt.wav`;
    expect(task.files).toEqual([name]);
    expect(task.request).toMatchObject({ promptFile: name, promptText: "Hi.", engine: "fake" });
    expect(await bench.files.stat(name)).toBeDefined();
  });

  it("with a recording that is none is refused, and leaves nothing", async () => {
    await openWith(able);
    for (const content of [Buffer.from("no sound"), Buffer.alloc(0), recordedTone(200, 1).wav]) {
      const change = {
        kind: "zero-shot",
        voiceId: undefined,
        promptPath: await upload(content),
      } as const;
      await expect(order(change)).rejects.toMatchObject({ code: "invalid_media" });
    }
    expect(await bench.namesOfFiles()).toEqual([]);
    const left = (await readdir(bench.folder)).filter((name) => name.includes("prompt"));
    expect(left).toEqual([]);
  });
});
