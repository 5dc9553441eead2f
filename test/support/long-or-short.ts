/** `long` in `make soak`, `short` in every other run: numbers of random examples, lists of combinations. */
export function longOrShort<T>(long: T, short: T): T {
  return process.env.SOAK === undefined ? short : long;
}
