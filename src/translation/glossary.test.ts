import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DubberError } from "../core/error.ts";
import { parseCsv } from "./csv.ts";
import { parseGlossary } from "./glossary.ts";

describe("parseCsv", () => {
  it("reads back whatever was written", () => {
    const delimiters = fc.constantFrom(",", ";", "\t");
    const cell = fc.oneof(
      fc.string(),
      fc.constantFrom('"', ",", ";", "\t", "\n", '""', " a ", "天", ""),
    );
    const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        rows,
        delimiters,
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
        (table, delimiter, end, isLast) => {
          // A row of one blank cell is a blank line, and line ends are one kind inside.
          const kept = table
            .filter((row) => row.length > 1 || row[0]?.trim() !== "")
            .map((row) => row.map((one) => one.replace(/\r\n?/g, "\n")));
          const text = kept
            .map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(delimiter))
            .join(end);
          const read = parseCsv(`\ufeff${text}${isLast ? end : ""}`, delimiter as ",");
          expect(read.map(({ cells }) => cells)).toEqual(kept);
        },
      ),
    );
  });

  it("reads or refuses any text", () => {
    const text = fc.array(fc.constantFrom('"', ",", "\n", "\r", "a", " "), { maxLength: 30 });
    fc.assert(
      fc.property(text, (parts) => {
        try {
          for (const { cells } of parseCsv(parts.join(""))) expect(cells.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(DubberError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("counts lines inside quotes", () => {
    expect(parseCsv('a,"1\n2"\r\n\r\nb,c').map(({ line }) => line)).toEqual([1, 4]);
  });
});

describe("parseGlossary", () => {
  const terms = [
    { term: "ledger", translation: "libro mayor", note: "accounting, not blockchain" },
    { term: "Ana", translation: "Ana" },
    { term: "hello, world", translation: "hola; mundo" },
  ];

  it.each([
    [
      "commas",
      'ledger,libro mayor,"accounting, not blockchain"\nAna\n"hello, world",hola; mundo\n',
    ],
    [
      "a header, a byte-order mark and CRLF",
      '\ufeffTerm,Translation,Note\r\nledger,libro mayor,"accounting, not blockchain"\r\nAna,,\r\n"hello, world",hola; mundo',
    ],
    [
      "semicolons",
      'term;translation;note\nledger;libro  mayor;accounting, not blockchain\nAna;Ana;\nhello, world;"hola; mundo"',
    ],
    [
      "tabs",
      "ledger\tlibro mayor\taccounting, not blockchain\n\nAna\t\nhello, world\thola; mundo\t\t\n",
    ],
  ])("reads %s", (_, text) => {
    expect(parseGlossary(text)).toEqual(terms);
  });

  it.each([
    ["", []],
    ["term,translation\n", []],
    [
      "Ana\nBob\n",
      [
        { term: "Ana", translation: "Ana" },
        { term: "Bob", translation: "Bob" },
      ],
    ],
    ["a,b\na,b\n", [{ term: "a", translation: "b" }]],
  ])("reads a file that is %j", (text, expected) => {
    expect(parseGlossary(text)).toEqual(expected);
  });

  it.each([
    ["a,b\n,c\n", /line 2 has no term/],
    ["a,b\n\nc,d,e,f\n", /line 3 has 4 columns/],
    ["a,b\na,c\n", /line 2 translates "a" as "c", line 1 as "b"/],
    ['a,"b\nc,d\n', /Line 1 is no CSV: a quote opens/],
    ['a,b\nc,"d" e\n', /Line 2 is no CSV: there is text after/],
  ])("refuses %j, naming the line", (text, message) => {
    const parse = () => parseGlossary(text, "glossary.csv");
    expect(parse).toThrow(
      expect.objectContaining({ code: "invalid_text", message: expect.stringMatching(message) }),
    );
    expect(parse).toThrow(/glossary\.csv/);
  });
});
