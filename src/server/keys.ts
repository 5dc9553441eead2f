/** API keys: who is asking? Keys are kept as hashes and compared in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Owner } from "./tasks/contract.ts";

export type KeyRing = {
  /** False where everybody is let in. */
  readonly isNeeded: boolean;
  /**
   * @param headers as Node gives them; `Authorization: Bearer KEY` or `xi-api-key: KEY`.
   * @returns undefined for a missing or wrong key.
   */
  ownerOf(headers: Readonly<Record<string, string | string[] | undefined>>): Owner | undefined;
};

export function openKeyRing(keys: readonly string[]): KeyRing {
  const hashes = keys.map(hashOf);
  return {
    isNeeded: keys.length > 0,
    ownerOf(headers) {
      if (hashes.length === 0) return "";
      const key = keyIn(headers);
      if (key === undefined) return undefined;
      const hash = hashOf(key);
      // All of them, so that the time does not tell which one it was.
      const matches = hashes.map((known) => timingSafeEqual(known, hash));
      return matches.includes(true) ? `key-${hash.toString("hex").slice(0, 24)}` : undefined;
    },
  };
}

function keyIn(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(String(headers.authorization ?? ""))?.[1];
  const header = headers["xi-api-key"];
  return bearer ?? (typeof header === "string" ? header.trim() || undefined : undefined);
}

function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
