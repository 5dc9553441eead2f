/** Chance as text. */

/** `bytes` random bytes as hexadecimal digits. Not `randomUUID`, which browsers have only on safe pages. */
export function randomHex(bytes: number): string {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return [...drawn].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
