/** How messages name a voice engine. */

/** @param name the engine's own, e.g. `embedded`. @returns what a sentence begins with. */
export function engineTitle(name: string): string {
  return `The voice engine ${name}`;
}
