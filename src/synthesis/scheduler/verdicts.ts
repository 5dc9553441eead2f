/** What a service would only say again, so that it is not asked: to everybody, or to whoever wants one voice. */
import type { DubberError } from "../../core/error.ts";
import { isForEverybody } from "./failures.ts";

/** How long a key, a model, a quota or a voice that was refused is not asked with again: it may be mended meanwhile. */
const verdictMs = 60_000;

type Verdict = { readonly error: DubberError; readonly until: number };

/** No clocks: everybody who asks brings the time, ms. */
export class Verdicts {
  #forAll: Verdict | undefined;
  readonly #byVoice = new Map<string, Verdict>();
  readonly #spoken = new Set<string>();

  /** What every call with this voice fails with now. */
  of(voice: string, now: number): DubberError | undefined {
    const verdicts = [this.#forAll, this.#byVoice.get(voice)];
    return verdicts.find((verdict) => verdict !== undefined && now < verdict.until)?.error;
  }

  /** Forgets what has run out. @returns the error for everybody that has, if there was one. */
  forget(now: number): DubberError | undefined {
    for (const [voice, { until }] of this.#byVoice) if (now >= until) this.#byVoice.delete(voice);
    if (this.#forAll === undefined || now < this.#forAll.until) return undefined;
    const { error } = this.#forAll;
    this.#forAll = undefined;
    return error;
  }

  /** A voice has been heard: when it is refused later, something else is the matter with that call. */
  spoke(voice: string): void {
    this.#spoken.add(voice);
  }

  /** @returns whom the error is for, besides the call that met it: everybody, all who want this voice, or nobody. */
  learn(error: DubberError, voice: string, now: number): "everybody" | "voice" | "nobody" {
    const verdict = { error, until: now + verdictMs };
    if (isForEverybody(error, this.#spoken.size > 0)) {
      if (this.#forAll === undefined || now >= this.#forAll.until) this.#forAll = verdict;
      return "everybody";
    }
    if (error.code !== "unknown_voice" || this.#spoken.has(voice)) return "nobody";
    if (this.of(voice, now) === undefined) this.#byVoice.set(voice, verdict);
    return "voice";
  }

  /** Fails every call from now on. */
  end(error: DubberError): void {
    this.#forAll = { error, until: Number.POSITIVE_INFINITY };
  }
}
