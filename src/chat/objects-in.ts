/** Finds the JSON objects in what a language model wrote, with whatever it wrote around it. */

/** A text may hold many braces that open nothing; after this many the rest is not looked at. */
const mostStarts = 20;

/**
 * The objects in a text: the text itself, or every outermost `{…}` that is JSON, such as those in a fenced block or after a
 * model's thinking aloud. Control characters inside strings, which JSON forbids and models write, count as spaces.
 *
 * Never throws; linear in the length of the text.
 */
export function* objectsIn(text: string): Generator<object, void, void> {
  // Between strings a control character is a space to JSON as well.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const clean = text.replace(/[\u0000-\u001f\ufeff]/g, " ");
  const whole = parseObject(clean);
  if (whole !== undefined) return yield whole;
  let start = clean.indexOf("{");
  for (let tries = 0; start !== -1 && tries < mostStarts; tries++) {
    const end = endOfObject(clean, start);
    const found = end === undefined ? undefined : parseObject(clean.slice(start, end));
    if (found !== undefined) yield found;
    start = clean.indexOf("{", end ?? start + 1);
  }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Just after the brace that closes the one at `start`; undefined where none does. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (isInString) {
      if (character === "\\") at++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return at + 1;
  }
  return undefined;
}
