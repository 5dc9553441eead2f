import { expect, it } from "vitest";
import { toDubOptions } from "./dub-options.ts";

const options = (values: object, env: object = {}): object =>
  toDubOptions(values as Record<string, unknown>, env as Record<string, string>).options;

it.each<[string, object, object, object]>([
  ["nothing stays nothing", {}, {}, {}],
  ["a key alone names no engine", {}, { OPENAI_API_KEY: "k" }, {}],
  ["the environment names one", {}, { TTS_PROVIDER: "openai" }, { engine: "openai" }],
  ["an empty variable does not count", {}, { TTS_PROVIDER: " ", MAX_CONCURRENT: "" }, {}],
  [
    "a flag wins over the environment",
    { ttsProvider: "embedded", maxConcurrent: 2 },
    { TTS_PROVIDER: "openai", MAX_CONCURRENT: "8" },
    { engine: "embedded", maxConcurrent: 2 },
  ],
  ["MAX_CONCURRENT is a number", {}, { MAX_CONCURRENT: "8" }, { maxConcurrent: 8 }],
  ["MAX_CONCURRENT may be auto too", {}, { MAX_CONCURRENT: "auto" }, { maxConcurrent: "auto" }],
  ["--sync is one at a time", { sync: true }, { MAX_CONCURRENT: "8" }, { maxConcurrent: 1 }],
  [
    "TTS_MODEL goes with TTS_PROVIDER",
    {},
    { TTS_PROVIDER: "openai", TTS_MODEL: "tts-1" },
    { engine: "openai", ttsModel: "tts-1" },
  ],
  [
    "and not with another engine that a flag names",
    { ttsProvider: "elevenlabs" },
    { TTS_PROVIDER: "openai", TTS_MODEL: "tts-1" },
    { engine: "elevenlabs" },
  ],
  [
    "instructions for openai are for openai",
    {},
    { TTS_PROVIDER: "elevenlabs", OPENAI_TTS_INSTRUCTIONS: "Softly." },
    { engine: "elevenlabs" },
  ],
  [
    "and their flag wins",
    { voiceInstructions: "Loudly." },
    { TTS_PROVIDER: "openai", OPENAI_TTS_INSTRUCTIONS: "Softly." },
    { engine: "openai", voiceInstructions: "Loudly." },
  ],
  [
    "elevenlabs has a voice and a model of its own",
    { ttsProvider: "elevenlabs", voice: "alloy", ttsModel: "tts-1" },
    { ELEVENLABS_VOICE_ID: "env" },
    { engine: "elevenlabs", voice: "alloy", ttsModel: "tts-1" },
  ],
  [
    "whose flags win over the common ones",
    {
      ...{ ttsProvider: "elevenlabs", voice: "alloy", ttsModel: "tts-1" },
      ...{ elevenlabsVoiceId: "own", elevenlabsModelId: "turbo" },
    },
    {},
    { engine: "elevenlabs", voice: "own", ttsModel: "turbo" },
  ],
  [
    "its variable is for it alone",
    {},
    { TTS_PROVIDER: "openai", ELEVENLABS_VOICE_ID: "env" },
    { engine: "openai" },
  ],
  [
    "and for it as the fallback",
    { ttsProvider: "openai", fallbackProvider: "elevenlabs", elevenlabsModelId: "turbo" },
    { ELEVENLABS_VOICE_ID: "env" },
    {
      ...{ engine: "openai", fallbackProvider: "elevenlabs" },
      ...{ fallbackModel: "turbo", fallbackVoice: "env" },
    },
  ],
  ["switches turn around", { tts: false, speedup: false }, {}, { noTts: true, noSpeedup: true }],
  [
    "those of texts too",
    { rewrite: false, disclosure: false },
    {},
    { noRewrite: true, noDisclosure: true },
  ],
  ["switches that are on are the default", { rewrite: true, disclosure: true }, {}, {}],
  [
    "the environment says who listens, translates and polishes",
    {},
    ...([
      {
        ...{ STT_PROVIDER: "openai", TRANSLATE: "Yes" },
        ...{ TRANSLATION_MODEL: "gpt-5-mini", GPT_MODEL: "gpt-5" },
      },
      {
        ...{ stt: "openai", translate: true },
        ...{ translationModel: "gpt-5-mini", gptModel: "gpt-5" },
      },
    ] as const),
  ],
  [
    "and flags win over it",
    { stt: "local", translate: true, translationModel: "a", gptModel: "b" },
    { STT_PROVIDER: "openai", TRANSLATE: "0", TRANSLATION_MODEL: "c", GPT_MODEL: "d" },
    { stt: "local", translate: true, translationModel: "a", gptModel: "b" },
  ],
  ["TRANSLATE=0 is no", {}, { TRANSLATE: "0" }, { translate: false }],
  ["segments are what the original says", { segmentsJson: "a.json" }, {}, { sourceSubs: "a.json" }],
  [
    "under all three names",
    { segmentsSrt: "a.srt", sourceSubs: "a.srt" },
    {},
    { sourceSubs: "a.srt" },
  ],
  [
    "what is for the command line alone stays there",
    { json: true, quiet: true, verbose: true, asyncTts: true, dryRun: true, loudness: -20 },
    {},
    { loudness: -20 },
  ],
])("%s", (_rule, values, env, expected) => {
  expect(options(values, env)).toEqual(expected);
});

it.each(["many", "0", "-1", "NaN", "1e9", "2.5", "auto 3"])(
  "refuses MAX_CONCURRENT=%s and names it",
  (value) => {
    expect(() => options({}, { MAX_CONCURRENT: value })).toThrow(/^MAX_CONCURRENT is .* 1 to 1000/);
  },
);

it("says where the name of an engine that does not exist came from", () => {
  expect(() => options({}, { TTS_PROVIDER: "loud" })).toThrow("(TTS_PROVIDER)");
  expect(() => options({ ttsProvider: "loud" })).toThrow("(--tts-provider)");
  expect(() => options({ fallbackProvider: "loud" })).toThrow("(--fallback-provider)");
});

it("refuses --async-tts with --sync, and remarks on a limit that does not count", () => {
  expect(() => options({ asyncTts: true, sync: true })).toThrow("exclude each other");
  const { remarks } = toDubOptions({ sync: true, maxConcurrent: 8 }, {});
  expect(remarks).toEqual([expect.stringContaining("--max-concurrent does not count")]);
});

it.each([
  ["STT_PROVIDER", "whisper", "it takes auto, local, openai"],
  ["TRANSLATE", "maybe", "it takes 1, true, yes, 0, false or no"],
])("refuses %s=%s and names it", (name, value, problem) => {
  expect(() => options({}, { [name]: value })).toThrow(`${name} is "${value}"; ${problem}`);
});

it("refuses two files for what the original says", () => {
  const given = { segmentsJson: "a.json", segmentsSrt: "b.srt" };
  expect(() => options(given)).toThrow("--segments-json and --segments-srt name different files");
});
