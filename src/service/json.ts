/** Reads the JSON of a service's answer; what it means is for the engine's own schema. */

/** The value, or undefined when it is no JSON. */
export function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(body));
  } catch {
    return undefined;
  }
}

/** The body as text, when it may be shown: not a page of HTML. */
export function plainText(body: Uint8Array): string {
  const text = textOf(body).trim();
  return /^\s*</.test(text) ? "" : text;
}

function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}
