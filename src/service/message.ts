/** What a service said about a failure, made fit to be shown: short, on one line, without keys. */

const mostCharacters = 200;

/** A shorter key is a placeholder such as `k`, whose letters stand in other words as well. */
const fewestSecretCharacters = 8;

/** Things that look like a secret, wherever a service repeats them. */
const secretShapes: readonly RegExp[] = [
  /\bbearer\s+\S+/gi,
  /\bauthorization\b\s*[:=]\s*\S+/gi,
  // sk-…, sk_…, xi-…, also with stars in the middle, as services print them.
  /\b(?:sk|pk|rk|xi|key|token)[-_][\w*.-]{4,}/gi,
  // After "key provided:" the next word is one, whatever it looks like.
  /(?<=\bkey\b[^:]{0,20}:\s*)["'`]?[^\s"'`,;]+/gi,
  // Long words of letters and digits mixed. Names of models have hyphens or underscores in them.
  /\b(?=[a-z]*\d)(?=\d*[a-z])[a-z\d*]{24,}\b/gi,
];

/**
 * @param text what the service said.
 * @param secrets words that must not be shown, such as the key in use; one shorter than 8 characters only where it stands alone.
 * @returns at most 200 characters; "" when nothing was said.
 */
export function shownMessage(text: string, secrets: readonly string[] = []): string {
  let shown = text.slice(0, 10_000);
  // Before it is shortened: half a key is a key too.
  for (const secret of secrets) {
    if (secret !== "") shown = shown.replaceAll(wherever(secret), "(removed)");
  }
  for (const shape of secretShapes) shown = shown.replace(shape, "(removed)");
  shown = shown.replace(/[\p{Cc}\p{Cs}\u2028\u2029\s]+/gu, " ").trim();
  const characters = [...shown];
  return characters.length <= mostCharacters
    ? shown
    : `${characters.slice(0, mostCharacters - 1).join("")}…`;
}

function wherever(secret: string): string | RegExp {
  if (secret.length >= fewestSecretCharacters) return secret;
  const literally = secret.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return new RegExp(String.raw`(?<![\p{L}\p{N}])${literally}(?![\p{L}\p{N}])`, "gu");
}
