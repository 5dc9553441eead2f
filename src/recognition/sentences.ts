/** Where recognised text may be taken apart: after sentences, else after a comma. */

const closers = /[\s"'”’»›)\]}」』）】]+$/u;
const final = /[.!?…。！？｡．؟۔।॥։።]$/u;
const pausing = /[,;:，、；：،—–]$/u;
/** A full stop behind one letter or a title ends no sentence. */
const abbreviation = /(?:^|[\s(])(?:\p{L}|mr|mrs|ms|dr|st|prof|sr|sra|vs|г|ул)\.$/iu;

/** Whether a piece of text ends a sentence; closing quotes and brackets do not hide it. */
export function endsSentence(text: string): boolean {
  const bare = text.replace(closers, "");
  return final.test(bare) && !abbreviation.test(bare);
}

/** Whether a piece of text ends on a comma or its like. */
export function endsClause(text: string): boolean {
  return pausing.test(text.replace(closers, ""));
}

/** The sentences of a text, in order and trimmed, with nothing lost; one for a text without marks. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let current = "";
  // With a space behind it where the script has spaces: 3.5 and example.com are no ends.
  for (const piece of text.split(
    /(?<=[.!?…؟۔।॥։።]["'”’»›)\]}]*\s+)|(?<=[。！？｡．][」』）】”’]*)(?![。！？｡．」』）】”’])/u,
  )) {
    current += piece;
    if (!endsSentence(current)) continue;
    sentences.push(current.trim());
    current = "";
  }
  if (current.trim() !== "") sentences.push(current.trim());
  return sentences;
}
