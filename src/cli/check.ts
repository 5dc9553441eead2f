/** One thing `dubber doctor` has looked at. */
export type Check = {
  readonly name: string;
  /** `missing` keeps Dubber from working, `limited` only one of its features; `unused` is what nobody asked for. */
  readonly state: "ok" | "unused" | "limited" | "missing";
  readonly found: string;
  /** What to do about it. */
  readonly mend?: string;
};
