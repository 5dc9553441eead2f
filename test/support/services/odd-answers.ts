/** What language models do wrong, done to a good answer. */

export type AnswerOddity =
  /** A friendly sentence instead of the answer. */
  | "prose"
  /** The answer in a fence of backticks, with a sentence before it. */
  | "fenced"
  /** A comma too many and a bracket too few. */
  | "broken"
  /** The last element of its first list is missing. */
  | "too-few"
  /** The last element of its first list comes twice. */
  | "too-many"
  /** Its first list the other way round. */
  | "swapped"
  /** Every text in another language. */
  | "foreign"
  | "refusal"
  /** Ends in the middle, at its limit of length. */
  | "cut"
  | "empty";

/** What a model says. */
export type Said = {
  /** Null where it refuses. */
  readonly content: string | null;
  readonly refusal: string | null;
  readonly finishReason: "stop" | "length" | "content_filter";
};

/** A whole answer with this content. */
export function said(content: string): Said {
  return { content, refusal: null, finishReason: "stop" };
}

/** Spoils an answer. */
export function answerOddly(content: string, oddity: AnswerOddity): Said {
  switch (oddity) {
    case "prose":
      return said("Of course! Here are the lines you asked for, in the order you gave them.");
    case "fenced":
      return said(`Here you go:\n\n\`\`\`json\n${content}\n\`\`\`\n`);
    case "broken":
      return said(`${content.slice(0, -2)},`);
    case "too-few":
      return said(withList(content, (list) => list.slice(0, -1)));
    case "too-many":
      return said(withList(content, (list) => [...list, ...list.slice(-1)]));
    case "swapped":
      return said(withList(content, (list) => list.toReversed()));
    case "foreign":
      return said(withTexts(content));
    case "refusal":
      return { content: null, refusal: "I'm sorry, I can't help with that.", finishReason: "stop" };
    case "cut":
      return { ...said(content.slice(0, content.length >> 1)), finishReason: "length" };
    case "empty":
      return said("");
  }
}

function withList(content: string, change: (list: readonly unknown[]) => unknown[]): string {
  let isFound = false;
  const changed = JSON.parse(content, (_key, value: unknown) => {
    if (isFound || !Array.isArray(value) || typeof value[0] !== "object") return value;
    isFound = true;
    return change(value);
  }) as unknown;
  return JSON.stringify(changed);
}

/** Greek in place of Russian, Russian in place of all others. */
function withTexts(content: string): string {
  const other = /\p{sc=Cyrillic}/u.test(content)
    ? "Αυτό είναι μια άλλη γλώσσα."
    : "Это совсем другой язык.";
  return JSON.stringify(
    JSON.parse(content, (_key, value: unknown) => (typeof value === "string" ? other : value)),
  );
}
