/** `glossary.csv` → terms. Pure. */
import { DubberError } from "../core/error.ts";
import type { GlossaryTerm } from "./contract.ts";
import { type CsvRow, parseCsv } from "./csv.ts";

const delimiters = [",", ";", "\t"] as const;
/** What the first row says when it is a header. */
const headers = { term: /^(?:term|source)$/i, translation: /^(?:translation|target)$/i };
const mostColumns = 3;

/**
 * Reads a glossary: term, translation, note. The header is optional; columns are parted by commas, semicolons or tabs. Without a
 * translation the term stays as it is, as names do. The same row twice counts once.
 *
 * @param name the file's name, for messages.
 * @throws DubberError `invalid_text`, naming the line: no CSV, no term, more than three columns, a term with two translations.
 */
export function parseGlossary(text: string, name = "The glossary"): readonly GlossaryTerm[] {
  const rows = rowsOf(text, name);
  const terms = new Map<string, GlossaryTerm & { readonly line: number }>();
  for (const { line, cells } of isHeader(rows[0]) ? rows.slice(1) : rows) {
    const [term = "", translation = "", note = ""] = cells.map((cell) =>
      cell.replace(/\s+/gu, " ").trim(),
    );
    if (cells.every((cell) => cell.trim() === "")) continue;
    if (term === "") throw invalid(name, line, "has no term in its first column");
    if (hasMoreColumns(cells)) {
      throw invalid(name, line, `has ${cells.length} columns instead of ${mostColumns}`);
    }
    const known = terms.get(term);
    const meant = translation === "" ? term : translation;
    if (known !== undefined && known.translation !== meant) {
      const what = `translates "${term}" as "${meant}", line ${known.line} as "${known.translation}"`;
      throw invalid(name, line, what);
    }
    if (known === undefined) {
      terms.set(term, { term, translation: meant, ...(note !== "" && { note }), line });
    }
  }
  return [...terms.values()].map(({ line: _, ...term }) => term);
}

/** Read with the delimiter that makes two or three columns of most rows; commas where that leaves a choice. */
function rowsOf(text: string, name: string): readonly CsvRow[] {
  const readings = delimiters.map((delimiter) => {
    try {
      const rows = parseCsv(text, delimiter);
      const isRight = ({ cells }: CsvRow) => cells.length >= 2 && !hasMoreColumns(cells);
      return { rows, error: undefined, right: rows.filter(isRight).length };
    } catch (error) {
      return { rows: undefined, error, right: -1 };
    }
  });
  const [commas] = readings;
  const best = readings.reduce((a, b) => (b.right > a.right ? b : a));
  const isSure = best.rows !== undefined && best.right * 2 >= best.rows.length;
  const { rows, error } = isSure || commas === undefined ? best : commas;
  if (rows !== undefined) return rows;
  if (!(error instanceof DubberError)) throw error;
  throw new DubberError("invalid_text", `${name}: ${error.message}`, {
    ...(error.hint !== undefined && { hint: error.hint }),
    cause: error,
  });
}

/** Blank ones at the end, as spreadsheets write them, do not count. */
function hasMoreColumns(cells: readonly string[]): boolean {
  return cells.slice(mostColumns).some((cell) => cell.trim() !== "");
}

function isHeader(row: CsvRow | undefined): boolean {
  const [term = "", translation = ""] = row?.cells.map((cell) => cell.trim()) ?? [];
  return headers.term.test(term) && (translation === "" || headers.translation.test(translation));
}

function invalid(name: string, line: number, what: string): DubberError {
  return new DubberError("invalid_text", `${name}: line ${line} ${what}.`, {
    hint: "A line is: term, translation, note. Put text that holds a comma into double quotes.",
  });
}
