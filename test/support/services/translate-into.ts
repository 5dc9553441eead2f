/** Answers questions about numbered lines with pseudo-translations, in the shape of the schema asked for. */
import type { ChatAnswerer } from "./openai-chat.ts";
import { shorterText, summaryOf, videoTexts } from "./other-questions.ts";
import { type PseudoTerm, pseudoTranslation } from "./pseudo-translation.ts";
import { isObject } from "./refuse-chat.ts";
import { smallestValue } from "./smallest-value.ts";

/** A line of a question: its number under `n`, its text. */
type AskedLine = { readonly n: unknown; readonly text: string };

/**
 * Answers what the project asks of a language model.
 *
 * The question is JSON with a list `lines` of objects with `n` and `text`. The answer has, for every list of objects with `n`
 * in the schema, one object a line: its number, its translation where a field is named `short`, `normal` or `long`, its own text
 * in any other text field, and the smallest value for whatever else is wanted. Questions about a shorter wording, a summary and
 * the texts around a video are known by the names of their schemas. Terms of the question's list `glossary`,
 * `{term, translation}`, are obeyed.
 *
 * @param language what to translate into, as a tag; by default what the question says in `to`: `Spanish (es)`.
 */
export function translateInto(language?: string): ChatAnswerer {
  return ({ user, schema }) => {
    const question = parse(user);
    const answer = others[schema?.name ?? ""];
    if (answer !== undefined && isObject(question)) return JSON.stringify(answer(question));
    const asked = linesOf(question);
    const target = language ?? languageOf(question);
    const terms = termsOf(question);
    const fill = (shape: unknown): unknown => {
      if (!isObject(shape)) return null;
      if (isObject(shape.items) && isNumbered(shape.items)) {
        return asked.map((line) => lineOf(shape.items, line, target, terms));
      }
      if (!isObject(shape.properties)) return smallestValue(shape);
      return mapValues(shape.properties, fill);
    };
    return JSON.stringify(fill(schema?.schema ?? plainShape));
  };
}

/** By the name of the schema. */
const others: Readonly<Record<string, (question: Readonly<Record<string, unknown>>) => object>> = {
  shorter: shorterText,
  summary: summaryOf,
  video_texts: videoTexts,
};

/** What is answered where no schema is asked for. */
const plainShape = {
  properties: {
    lines: {
      items: { properties: { n: {}, short: textShape(), normal: textShape(), long: textShape() } },
    },
  },
};

function textShape() {
  return { type: "string" };
}

function lineOf(
  shape: unknown,
  { n, text }: AskedLine,
  language: string,
  terms: readonly PseudoTerm[],
): unknown {
  if (!isObject(shape) || !isObject(shape.properties)) return smallestValue(shape);
  const isTranslated = "normal" in shape.properties;
  const wordings = isTranslated ? pseudoTranslation(text, language, terms) : {};
  const known: Readonly<Record<string, unknown>> = { n, ...wordings };
  return Object.fromEntries(
    Object.entries(shape.properties).map(([name, part]) => {
      if (name in known) return [name, known[name]];
      const isText = isObject(part) && part.type === "string";
      return [name, isText ? text : smallestValue(part)];
    }),
  );
}

function linesOf(question: unknown): readonly AskedLine[] {
  const lines = isObject(question) ? question.lines : undefined;
  if (!Array.isArray(lines)) return [];
  return lines.filter(isObject).map(({ n, text }) => ({ n, text: `${text ?? ""}` }));
}

function languageOf(question: unknown): string {
  const to = isObject(question) ? `${question.to ?? ""}` : "";
  return /\(([\w-]+)\)$/.exec(to)?.[1] ?? to;
}

function termsOf(question: unknown): readonly PseudoTerm[] {
  const glossary = isObject(question) ? question.glossary : undefined;
  if (!Array.isArray(glossary)) return [];
  return glossary
    .filter(isObject)
    .map(({ term, translation }) => ({
      term: `${term ?? ""}`,
      translation: `${translation ?? ""}`,
    }))
    .filter(({ term, translation }) => term !== "" && translation !== "");
}

function isNumbered({ properties }: Readonly<Record<string, unknown>>): boolean {
  return isObject(properties) && "n" in properties;
}

function mapValues(
  object: Readonly<Record<string, unknown>>,
  change: (value: unknown) => unknown,
): object {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
