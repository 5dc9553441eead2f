/** A clock that stands still until it is moved, for `now` of a server. */

export function openFrozen(startMs = Date.now()) {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance(ms: number): void {
      nowMs += ms;
    },
  };
}
