/** Voice prints: what a person sounds like, as a list of numbers that can be kept and compared. */
import type { Call } from "../core/call.ts";
import type { ModelFile } from "./local-model.ts";
import { openSherpa } from "./sherpa-host.ts";

/** Of length 1, some 200 numbers; prints of different models cannot be compared. */
export type VoicePrint = readonly number[];

export type VoicePrinter = AsyncDisposable & {
  /** Model and library: prints of two versions cannot be compared. */
  readonly version: string;
  /**
   * @param samples of one person speaking, 16 kHz, best 5 to 30 s.
   * @returns an empty print when there is too little.
   */
  print(samples: Int16Array, call?: Call): Promise<VoicePrint>;
  close(): Promise<void>;
};

/** Two prints of one person in different recordings are about this alike (cosine); of two people mostly less. */
const usualThreshold = 0.5;

/**
 * Opens a speaker embedding model. No process starts before the first print. Not run by Dubber's own tests: there was no model.
 *
 * @throws DubberError `engine_unavailable` when sherpa-onnx is not installed; from `print` as `openSileroDetector`.
 */
export async function openVoicePrinter(model: ModelFile): Promise<VoicePrinter> {
  const host = await openSherpa(
    { task: "voice-print", embedding: model.path, threads: 1 },
    { title: `The voice model ${model.name}` },
  );
  return {
    version: `${model.name} ${host.version}`,
    print: async (samples, call) => (await host.ask({ samples }, call)) as VoicePrint,
    close: () => host.close(),
    [Symbol.asyncDispose]: () => host.close(),
  };
}

/**
 * How alike two prints are: the cosine of the angle between them.
 *
 * @returns −1 to 1; 0 for prints that cannot be compared: of different length, empty, or all zero.
 */
export function printLikeness(one: VoicePrint, other: VoicePrint): number {
  if (one.length !== other.length) return 0;
  const product = one.reduce((sum, value, index) => sum + value * (other[index] as number), 0);
  const lengths = Math.hypot(...one) * Math.hypot(...other);
  return lengths > 0 ? product / lengths : 0;
}

/**
 * Finds the person a print belongs to.
 *
 * @param known people's prints by name.
 * @param threshold least likeness, −1 to 1; 0.5 by default.
 * @returns the most alike at or over the threshold; of two equally alike the first.
 */
export function matchPrint(
  known: ReadonlyMap<string, VoicePrint>,
  print: VoicePrint,
  threshold = usualThreshold,
): { readonly name: string; readonly likeness: number } | undefined {
  let best: { readonly name: string; readonly likeness: number } | undefined;
  for (const [name, other] of known) {
    const likeness = printLikeness(other, print);
    if (likeness >= threshold && likeness > (best?.likeness ?? -2)) best = { name, likeness };
  }
  return best;
}
