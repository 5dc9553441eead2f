/** The words of translation: what is asked for and what comes back. No code. */
import type { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";

/** One line of the original, as it is to be translated. */
export type SourceLine = {
  readonly id: string;
  readonly text: string;
  readonly speaker?: string;
  /** How long its translation may take to say. */
  readonly seconds: Seconds;
};

/** The same thing said at three lengths; `normal` is what a person reviews. They may be equal, never empty. */
export type Wordings = { readonly short: string; readonly normal: string; readonly long: string };

/** What a line became. */
export type TranslatedLine =
  | {
      readonly id: string;
      readonly wordings: Wordings;
      /** It was in the memory, so nobody was asked. */
      readonly isRemembered: boolean;
      readonly warnings: readonly string[];
    }
  /** Every way of asking failed: the line is left for the person. */
  | { readonly id: string; readonly error: DubberError };

/** A term and what it is to become; a name that stays as it is has itself as its translation. */
export type GlossaryTerm = {
  readonly term: string;
  readonly translation: string;
  readonly note?: string;
};

/** What holds for all lines of one translation. */
export type TranslationManner = {
  /** BCP 47. */
  readonly from?: string;
  readonly to: string;
  readonly glossary: readonly GlossaryTerm[];
  /** What the person wants of the style, in words. */
  readonly style?: string;
  readonly formality?: "formal" | "informal";
  /** Speaker → gender, for languages whose verbs and adjectives show it; "" stands for lines without a speaker. */
  readonly genders: Readonly<Record<string, "female" | "male">>;
  /** Characters a second the voice of this language speaks. */
  readonly pace: number;
};

/** What has been paid for already, by what it depends on. Survives runs; may be shared by videos. */
export type TranslationMemory = {
  get(key: string): unknown;
  /** Kept at once in memory, and on disk as soon as can be. */
  set(key: string, value: unknown): void;
};

/** What the questions of one call have cost; tokens count only where the service counts them. */
export type Spent = {
  readonly questions: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
};
