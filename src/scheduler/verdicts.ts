/** What a service would only say again, so that it is not asked: to everybody, or to whoever asks about one thing, as a voice. */
import type { DubberError } from "../core/error.ts";
import { isForEverybody } from "./failures.ts";

/** How long a key, a model, a quota or a voice that was refused is not asked with again: it may be mended meanwhile. */
const verdictMs = 60_000;

type Verdict = { readonly error: DubberError; readonly until: number };

/** No clocks: everybody who asks brings the time, ms. */
export class Verdicts {
  #forAll: Verdict | undefined;
  readonly #byAspect = new Map<string, Verdict>();
  readonly #answered = new Set<string | undefined>();

  /** What every call about this fails with now. */
  of(aspect: string | undefined, now: number): DubberError | undefined {
    const verdicts = [this.#forAll, aspect === undefined ? undefined : this.#byAspect.get(aspect)];
    return verdicts.find((verdict) => verdict !== undefined && now < verdict.until)?.error;
  }

  /** Forgets what has run out. @returns the error for everybody that has, if there was one. */
  forget(now: number): DubberError | undefined {
    for (const [aspect, { until }] of this.#byAspect) {
      if (now >= until) this.#byAspect.delete(aspect);
    }
    if (this.#forAll === undefined || now < this.#forAll.until) return undefined;
    const { error } = this.#forAll;
    this.#forAll = undefined;
    return error;
  }

  /** A call about this was answered: when it is refused later, something else is the matter with that call. */
  answered(aspect: string | undefined): void {
    this.#answered.add(aspect);
  }

  /** @returns whom the error is for, besides the call that met it: everybody, all who ask about the same, or nobody. */
  learn(
    error: DubberError,
    aspect: string | undefined,
    now: number,
  ): "everybody" | "aspect" | "nobody" {
    const verdict = { error, until: now + verdictMs };
    if (isForEverybody(error, this.#answered.size > 0)) {
      if (this.#forAll === undefined || now >= this.#forAll.until) this.#forAll = verdict;
      return "everybody";
    }
    if (error.code !== "unknown_voice" || aspect === undefined) return "nobody";
    if (this.#answered.has(aspect)) return "nobody";
    if (this.of(aspect, now) === undefined) this.#byAspect.set(aspect, verdict);
    return "aspect";
  }

  /** Fails every call from now on. */
  end(error: DubberError): void {
    this.#forAll = { error, until: Number.POSITIVE_INFINITY };
  }
}
