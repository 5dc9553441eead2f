/**
 * The models Dubber knows how to get, the better ones of a kind first. Addresses name a commit or a version, so that what lies there does
 * not change (GTCRN's names a release). Sizes and sums are those the hubs' own records and other projects that pinned the same files state
 * alike; of these files only Silero's was at hand to be compared.
 */
import type { ModelEntry, ModelFile, ModelFileRole } from "./contract.ts";

type FileFacts = readonly [role: ModelFileRole, path: string, sizeBytes: number, sha256: string];

/** Files of one repository at one commit. */
function huggingFace(
  repository: string,
  commit: string,
  facts: readonly FileFacts[],
): readonly ModelFile[] {
  const base = `https://huggingface.co/csukuangfj/${repository}/resolve/${commit}`;
  return facts.map(([role, path, sizeBytes, sha256]) => ({
    ...{ role, path, url: `${base}/${path}`, sha256, sizeBytes },
  }));
}

/** Of the models tiny, base and small; from openai/whisper, whisper/tokenizer.py, which says `tl` for `fil` and `jw` for `jv`. */
const whisperLanguages =
  `en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn
  sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my
  bo fil mg as tt haw ln ha ba jv su`.split(/\s+/);

/** From the model card of nvidia/parakeet-tdt-0.6b-v3. */
const parakeetLanguages =
  "en es fr de ru uk it pt pl nl cs da sv fi el hu ro bg hr sk sl et lv lt mt".split(" ");

const whisperTokens = "b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126";
const moonshineTokens = "1165c2aeb9f72f457a83be2d459a09054f27490acd9b41bd43794dfd25e296ea";

const recognizers: readonly ModelEntry[] = [
  {
    name: "parakeet-v3",
    ...{ kind: "recognizer", family: "parakeet", licence: "CC-BY-4.0" },
    languages: parakeetLanguages,
    about:
      "For European languages, with punctuation and capitals; hears by itself which one it is.",
    files: huggingFace(
      "sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8",
      "2bda32ec70b097a55adaa07d9a7173915b43cc78",
      [
        [
          "encoder",
          "encoder.int8.onnx",
          652_184_281,
          "acfc2b4456377e15d04f0243af540b7fe7c992f8d898d751cf134c3a55fd2247",
        ],
        [
          "decoder",
          "decoder.int8.onnx",
          11_845_275,
          "179e50c43d1a9de79c8a24149a2f9bac6eb5981823f2a2ed88d655b24248db4e",
        ],
        [
          "joiner",
          "joiner.int8.onnx",
          6_355_277,
          "3164c13fc2821009440d20fcb5fdc78bff28b4db2f8d0f0b329101719c0948b3",
        ],
        [
          "tokens",
          "tokens.txt",
          93_939,
          "d58544679ea4bc6ac563d1f545eb7d474bd6cfa467f0a6e2c1dc1c7d37e3c35d",
        ],
      ],
    ),
  },
  {
    name: "parakeet-v2",
    ...{ kind: "recognizer", family: "parakeet", licence: "CC-BY-4.0", languages: ["en"] },
    about: "With punctuation and capitals; the one to take where only English is spoken.",
    files: huggingFace(
      "sherpa-onnx-nemo-parakeet-tdt-0.6b-v2-int8",
      "1ab9323565ddb038682214b292f588070a538ce2",
      [
        [
          "encoder",
          "encoder.int8.onnx",
          652_184_296,
          "a32b12d17bbbc309d0686fbbcc2987b5e9b8333a7da83fa6b089f0a2acd651ab",
        ],
        [
          "decoder",
          "decoder.int8.onnx",
          7_257_753,
          "b6bb64963457237b900e496ee9994b59294526439fbcc1fecf705b31a15c6b4e",
        ],
        [
          "joiner",
          "joiner.int8.onnx",
          1_739_080,
          "7946164367946e7f9f29a122407c3252b680dbae9a51343eb2488d057c3c43d2",
        ],
        [
          "tokens",
          "tokens.txt",
          9_384,
          "ec182b70dd42113aff6c5372c75cac58c952443eb22322f57bbd7f53977d497d",
        ],
      ],
    ),
  },
  {
    name: "sense-voice",
    ...{ kind: "recognizer", family: "sense-voice", licence: "LicenseRef-FunASR-Model" },
    languages: ["zh", "yue", "ja", "ko", "en"],
    about: "For East Asian languages. Its licence is the makers' own: read it before you publish.",
    files: huggingFace(
      "sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17",
      "2365baeacb507f821a0c8120fcee3d484dba7a07",
      [
        [
          "model",
          "model.int8.onnx",
          239_233_841,
          "c71f0ce00bec95b07744e116345e33d8cbbe08cef896382cf907bf4b51a2cd51",
        ],
        [
          "tokens",
          "tokens.txt",
          315_894,
          "f449eb28dc567533d7fa59be34e2abca8784f771850c78a47fb731a31429a1dc",
        ],
      ],
    ),
  },
  whisper("small", "8f3c18b358db4d1f2fc1eae49d75cd20989e4309", {
    about: "The best of the three Whispers, and the slowest.",
    encoder: [112_442_483, "4cbe7b22fa9026b843b60a68640c747de05bafb1a11b57edc0e66c232d9f33a9"],
    decoder: [262_226_114, "acad50b5c782696e91b55914cc5ab4f756f1532f76e22aa6fc615f39fb69a8ee"],
  }),
  moonshine("base", "052b0798ad1bf046a140fdd4efcd9426530fa3f5", {
    about: "Takes as long as the speech is long, where Whisper always hears 30 s.",
    preprocessor: [14_077_290, "ffa630d395c5ccf76f5d4954be5b882df76aaf6491519ec01fd82ea7a3819fb2"],
    encoder: [50_311_494, "7e38770f776f2e5583a53b052936005df2ba5c833d7e09c2a5fd796b94bf73e2"],
    uncachedDecoder: [
      122_120_451,
      "c01f4b35093bcac20d352d23a75a539e772964579f9d024a90e5e6f09cae9987",
    ],
    cachedDecoder: [99_983_837, "2db74e51cedf64a8b1be3c8192e0bb5e4923af0e90bd9e87f8e8771873f8ea03"],
  }),
  whisper("base", "bb53ee204431c90d314c1cc08d28d23e5b7927cc", {
    about: "Between tiny and small in everything.",
    encoder: [29_120_534, "0b8fb1304b6109976038efff5ace81720e00386f3ff6b54ee8c75291ca0a1e11"],
    decoder: [130_672_026, "9759d217388a01b3a4c7c15533201067b48ae819c4daafc8624e64b9409dc02d"],
  }),
  moonshine("tiny", "bf2b762c076d8ea61e2af0b3851c9564fb77552e", {
    about: "The same, smaller, for slow machines.",
    preprocessor: [6_800_738, "f33addce61a143460fe753b5ee5b7db255e5140b5b779c065b94f6c83ff0bf4e"],
    encoder: [18_249_187, "8774dfba578de027ec6595c2c654a0836434489bc963a0db124a7f181f571acb"],
    uncachedDecoder: [
      53_216_096,
      "216737000dd5881a17aa043f6bbd286add33e4c3b0ae257153e2ec15438bdc41",
    ],
    cachedDecoder: [45_264_830, "2aff28bba6a03d8dcf5c9feac45462629bae37317442299f28115ad09da773f6"],
  }),
  whisper("tiny", "65176e2deb88badc814a94058666cadccc29b61c", {
    about: "The smallest download for many languages, with the most mistakes.",
    encoder: [12_937_772, "d24fb083ae3b1041fc24e97971d60e280c9342201fbb67b0ab428a8b4a51a434"],
    decoder: [89_855_401, "d2fece8dd42771f1df975c6c0445770d0c292bf7547c2cae04a6c0cc57540925"],
  }),
];

const others: readonly ModelEntry[] = [
  {
    name: "silero-vad",
    ...{ kind: "vad", family: "silero", licence: "MIT", languages: [] },
    about: "Tells speech from silence and music.",
    files: [
      {
        role: "model",
        path: "silero_vad_16k_op15.onnx",
        url: "https://raw.githubusercontent.com/snakers4/silero-vad/v6.2.1/src/silero_vad/data/silero_vad_16k_op15.onnx",
        sizeBytes: 1_289_603,
        sha256: "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49",
      },
    ],
  },
  {
    name: "pyannote-segmentation",
    ...{ kind: "speaker-segmentation", family: "pyannote", licence: "MIT", languages: [] },
    about: "Finds where one speaker ends and another begins.",
    files: huggingFace(
      "sherpa-onnx-pyannote-segmentation-3-0",
      "9403a6902bb58e3d5ae8c7e77c3422de279db2e0",
      [
        [
          "model",
          "model.onnx",
          5_992_913,
          "220ad67ca923bef2fa91f2390c786097bf305bceb5e261d4af67b38e938e1079",
        ],
      ],
    ),
  },
  {
    name: "campplus",
    ...{ kind: "speaker-embedding", family: "3d-speaker", licence: "Apache-2.0", languages: [] },
    about: "Knows a voice again; trained on Chinese and English.",
    files: huggingFace("speaker-embedding-models", "0743f301363dec56491a490f6d6cbc9d67f9a3bf", [
      [
        "model",
        "3dspeaker_speech_campplus_sv_zh_en_16k-common_advanced.onnx",
        28_281_164,
        "aa3cfc16963a10586a9393f5035d6d6b57e98d358b347f80c2a30bf4f00ceba2",
      ],
    ]),
  },
  {
    name: "gtcrn",
    ...{ kind: "denoiser", family: "gtcrn", licence: "MIT", languages: [] },
    about: "Takes noise out of speech.",
    files: [
      {
        role: "model",
        path: "gtcrn_simple.onnx",
        url: "https://github.com/k2-fsa/sherpa-onnx/releases/download/speech-enhancement-models/gtcrn_simple.onnx",
        sizeBytes: 535_638,
        sha256: "e77603ac0c23dac3227dd2d7135b3a585cbee2679048aecfa886657d3ae1b534",
      },
    ],
  },
];

/** All of them, the better ones of a kind first. */
export const catalogue: readonly ModelEntry[] = [...recognizers, ...others];

type SizeAndSum = readonly [sizeBytes: number, sha256: string];

function whisper(
  size: string,
  commit: string,
  {
    about,
    encoder,
    decoder,
  }: { readonly about: string; readonly encoder: SizeAndSum; readonly decoder: SizeAndSum },
): ModelEntry {
  return {
    name: `whisper-${size}`,
    ...{ kind: "recognizer", family: "whisper", licence: "MIT", languages: whisperLanguages },
    about,
    files: huggingFace(`sherpa-onnx-whisper-${size}`, commit, [
      ["encoder", `${size}-encoder.int8.onnx`, ...encoder],
      ["decoder", `${size}-decoder.int8.onnx`, ...decoder],
      ["tokens", `${size}-tokens.txt`, 816_730, whisperTokens],
    ]),
  };
}

function moonshine(
  size: string,
  commit: string,
  parts: {
    readonly about: string;
    readonly preprocessor: SizeAndSum;
    readonly encoder: SizeAndSum;
    readonly uncachedDecoder: SizeAndSum;
    readonly cachedDecoder: SizeAndSum;
  },
): ModelEntry {
  return {
    name: `moonshine-${size}`,
    ...{ kind: "recognizer", family: "moonshine", licence: "MIT", languages: ["en"] },
    about: parts.about,
    files: huggingFace(`sherpa-onnx-moonshine-${size}-en-int8`, commit, [
      ["preprocessor", "preprocess.onnx", ...parts.preprocessor],
      ["encoder", "encode.int8.onnx", ...parts.encoder],
      ["uncached-decoder", "uncached_decode.int8.onnx", ...parts.uncachedDecoder],
      ["cached-decoder", "cached_decode.int8.onnx", ...parts.cachedDecoder],
      ["tokens", "tokens.txt", 436_688, moonshineTokens],
    ]),
  };
}
