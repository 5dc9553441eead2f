/** RFC 4180: text → rows of cells. Pure. */
import { DubberError } from "../core/error.ts";

/** One row, and the line of the text it begins on, from 1. */
export type CsvRow = { readonly line: number; readonly cells: readonly string[] };

/**
 * Reads comma-separated values: cells in double quotes may hold delimiters, line ends and doubled quotes. Lines end in LF, CRLF or
 * CR; a byte-order mark is ignored, and so are lines with nothing on them. Cells are kept as they are, spaces too.
 *
 * @throws DubberError `invalid_text`, naming the line: a quote that never closes, text after a closing quote.
 */
export function parseCsv(text: string, delimiter: "," | ";" | "\t" = ","): readonly CsvRow[] {
  const source = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const rows: CsvRow[] = [];
  let line = 1;
  let at = 0;
  while (at < source.length) {
    const row = readRow(source, at, { line, delimiter });
    const isBlank = source.slice(at, row.end).trim() === "" && row.cells.length === 1;
    if (!isBlank) rows.push({ line, cells: row.cells });
    line += source.slice(at, row.end + 1).split("\n").length - 1;
    at = row.end + 1;
  }
  return rows;
}

/** @returns the cells, and where the line end after them stands. */
function readRow(
  source: string,
  start: number,
  { line, delimiter }: { readonly line: number; readonly delimiter: string },
): { readonly cells: readonly string[]; readonly end: number } {
  const cells: string[] = [];
  let at = start;
  while (true) {
    const cell =
      source[at] === '"' ? readQuoted(source, at, line) : readPlain(source, at, delimiter);
    cells.push(cell.value);
    at = cell.end;
    const next = source[at];
    if (next === undefined || next === "\n") return { cells, end: at };
    if (next !== delimiter) {
      throw invalid(line, 'there is text after a closing quote; write "" for a quote inside one');
    }
    at += 1;
  }
}

function readPlain(source: string, start: number, delimiter: string) {
  let end = start;
  while (end < source.length && source[end] !== delimiter && source[end] !== "\n") end++;
  return { value: source.slice(start, end), end };
}

function readQuoted(source: string, start: number, line: number) {
  let value = "";
  let from = start + 1;
  while (true) {
    const quote = source.indexOf('"', from);
    if (quote === -1) throw invalid(line, "a quote opens and never closes");
    value += source.slice(from, quote);
    if (source[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}

function invalid(line: number, what: string): DubberError {
  return new DubberError("invalid_text", `Line ${line} is no CSV: ${what}.`, {
    hint: "Save the table as CSV (UTF-8) from a spreadsheet, or mend that line.",
  });
}
