/** Whether the service is down as a whole. A rule without clocks: everybody who asks brings the time. */

/** Failures in a row, of whichever calls, after which the service and not the call is to blame. */
const failuresToOpen = 8;
const firstProbeMs = 1_000;
const longestProbeMs = 10_000;

/** A call that tries whether the service is back. */
export type Probe = { readonly kind: "probe" };

/**
 * Closed while the service answers. After eight failures with no success between them it opens: one call at a time
 * probes the service, after 1 s, 2 s, 4 s and so on, at last every 10 s. Any success closes it. Times are ms.
 */
export class Circuit {
  #failures = 0;
  #openedAt: number | undefined;
  #probeAt = 0;
  #delayMs = firstProbeMs;
  #probe: Probe | undefined;

  get isOpen(): boolean {
    return this.#openedAt !== undefined;
  }

  /** When the next probe may start; absent while it is closed or somebody probes. */
  get probeAt(): number | undefined {
    return this.isOpen && this.#probe === undefined ? this.#probeAt : undefined;
  }

  mayStart(now: number): boolean {
    return !this.isOpen || (this.#probe === undefined && now >= this.#probeAt);
  }

  /** Only after {@link Circuit.mayStart}. @returns what the call brings back when it is a probe. */
  started(): Probe | undefined {
    this.#probe = this.isOpen ? { kind: "probe" } : undefined;
    return this.#probe;
  }

  /** A failure another try may mend. @returns true when it opened the circuit. */
  failed(now: number, probe?: Probe): boolean {
    this.#failures += 1;
    this.refused(now, probe);
    if (this.isOpen || this.#failures < failuresToOpen) return false;
    this.open(now);
    return true;
  }

  /** A call refused as one too many: the service is there, but this is no success either. */
  refused(now: number, probe?: Probe): void {
    if (probe === undefined || probe !== this.#probe) return;
    this.#probe = undefined;
    this.#delayMs = Math.min(longestProbeMs, this.#delayMs * 2);
    this.#probeAt = now + this.#delayMs;
  }

  /** A call that was cancelled: nothing is known, and somebody else may probe. */
  cancelled(probe?: Probe): void {
    if (probe !== undefined && probe === this.#probe) this.#probe = undefined;
  }

  /** @returns how long it was open, when this success closed it. */
  succeeded(now: number): number | undefined {
    const openedAt = this.#openedAt;
    this.#failures = 0;
    this.#openedAt = undefined;
    this.#probe = undefined;
    return openedAt === undefined ? undefined : now - openedAt;
  }

  open(now: number): void {
    if (this.isOpen) return;
    this.#openedAt = now;
    this.#delayMs = firstProbeMs;
    this.#probeAt = now + firstProbeMs;
  }
}
