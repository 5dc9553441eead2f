/** A voice an engine can speak with. */
export type Voice = {
  /** What the user types after `--voice`, unique within its engine, e.g. `es+f3`. */
  readonly id: string;
  readonly name: string;
  /** Language tags it speaks, BCP 47, the best first, e.g. `["es"]`. */
  readonly languages: readonly string[];
  readonly gender: "female" | "male" | "neutral";
};
