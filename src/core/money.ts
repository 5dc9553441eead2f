/** Amounts of money as people read them. */

/** US dollars: cents, and parts of a cent where there are not many. */
export function money(usd: number): string {
  return `$${usd.toFixed(usd > 0 && usd < 0.1 ? 4 : 2)}`;
}
