/** Ids of segments: made from their text, so that an id survives whatever happens to its neighbours. */
import { hashBytes } from "./hash.ts";

/** The first eight hexadecimal digits of the SHA-256 of a text. */
export function textId(text: string): string {
  return hashBytes(text).slice(0, 8);
}

/** A function that returns each wanted id as it is the first time, and with `-2`, `-3`, … after that. */
export function uniqueIds(): (wanted: string) => string {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return (wanted) => {
    let count = counts.get(wanted) ?? 0;
    let id: string;
    do {
      count++;
      id = count === 1 ? wanted : `${wanted}-${count}`;
    } while (taken.has(id));
    counts.set(wanted, count);
    taken.add(id);
    return id;
  };
}
