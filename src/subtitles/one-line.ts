/** Text of several lines as one. */

/**
 * Joins the lines of a text with a space, or with nothing between two Chinese or Japanese characters, which are written
 * without; runs of white space become one space.
 */
export function oneLine(text: string): string {
  let before = "";
  const parts: string[] = [];
  for (const raw of text.split(/[\r\n\u2028\u2029\u0085]/)) {
    const line = raw.replace(/\s+/g, " ").trim();
    if (line === "") continue;
    if (before !== "" && !isUnspacedSeam(before, line)) parts.push(" ");
    parts.push(line);
    before = line;
  }
  return parts.join("");
}

/** Han, kana, and the punctuation and full-width forms that go with them. */
const unspaced =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\u30fc\\u3000-\\u303f\\uff01-\\uff65]";
const startsUnspaced = new RegExp(`^${unspaced}`, "u");
const endsUnspaced = new RegExp(`${unspaced}$`, "u");

function isUnspacedSeam(before: string, after: string): boolean {
  return endsUnspaced.test(before.slice(-2)) && startsUnspaced.test(after.slice(0, 2));
}
