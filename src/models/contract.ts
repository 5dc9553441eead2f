/** The words of local models: what can be had, and what is there. No code. */

/** What a model is for. */
export type ModelKind =
  | "recognizer"
  | "vad"
  | "speaker-segmentation"
  | "speaker-embedding"
  | "denoiser";

/** What a file is to the engine; no two files of a model have the same one. */
export type ModelFileRole =
  | "model"
  | "encoder"
  | "decoder"
  | "joiner"
  | "preprocessor"
  | "uncached-decoder"
  | "cached-decoder"
  | "tokens";

/** One file of a model as it is downloaded. */
export type ModelFile = {
  readonly role: ModelFileRole;
  /** Where it lies inside the model's folder, with `/`; no `..`, no leading `/`. */
  readonly path: string;
  readonly url: string;
  /** 64 lowercase hexadecimal digits. Without it the first download is trusted, and checked from then on. */
  readonly sha256?: string;
  readonly sizeBytes?: number;
};

/** A model of the catalogue. */
export type ModelEntry = {
  /** What people type: lower-case letters, digits, `-` and `.`. */
  readonly name: string;
  readonly kind: ModelKind;
  /** What `sherpa-onnx` has to be told: `whisper`, `moonshine`, `sense-voice`, `parakeet`, `silero`, … */
  readonly family: string;
  readonly files: readonly ModelFile[];
  /** SPDX, `LicenseRef-…` where it has no number there. */
  readonly licence: string;
  /** BCP 47; empty: any. */
  readonly languages: readonly string[];
  /** One sentence for people. */
  readonly about: string;
};

/** The folder that all of Dubber's runs share, and what may be in it. */
export type ModelStore = {
  /** Absolute. */
  readonly directory: string;
  /** The catalogue, with the entries of the person's own `models.json` before it. Better ones of a kind come first. */
  readonly entries: readonly ModelEntry[];
};

/** A model that is there and whole. */
export type InstalledModel = {
  readonly entry: ModelEntry;
  /** Absolute. */
  readonly directory: string;
  /** Absolute, by what they are to the engine. */
  readonly paths: Readonly<Partial<Record<ModelFileRole, string>>>;
};
