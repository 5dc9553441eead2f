/** Finds what a person probably meant when they typed a name that does not exist. */

/**
 * The names most like `wanted`, the closest first; names that have little in common with it are left out.
 *
 * @param limit at most this many.
 */
export function nearestNames(wanted: string, names: readonly string[], limit = 5): string[] {
  const typed = wanted.toLowerCase();
  const most = Math.max(1, Math.ceil(typed.length / 3));
  return [...new Set(names)]
    .map((name) => ({ name, distance: editDistance(typed, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Levenshtein's distance: how many letters to insert, delete or replace. One row of the table is kept. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
