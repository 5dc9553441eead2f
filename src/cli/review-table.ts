/** The lines under review as a table that fits the terminal: long texts are broken, never cut. */
import type { ReviewRow } from "../pipeline/review.ts";
import { lineUnits, widthOf } from "../subtitles/line-units.ts";
import { oneLine } from "../subtitles/one-line.ts";

/** Characters a second that can still be read, and that nobody follows. */
const readable = { most: 17, limit: 20 };
/** Speech faster than this is hard to follow. */
const comfortable = 1.2;
/** Narrower columns hold no words. */
const leastText = 12;

/** Before the text: what became of the line. */
export const statusMarks: Readonly<Record<ReviewRow["status"], string>> = {
  "as prepared": " ",
  edited: "~",
  new: "+",
  "not translated": "?",
};

type Cells = {
  readonly mark: string;
  readonly time: string;
  readonly source: readonly string[];
  readonly text: readonly string[];
  readonly speed: string;
  readonly fit: string;
};

/**
 * Time, source, translation, characters a second and fit, with a line of heads. `!` and `!!` stand behind what is hard or impossible to
 * read, and `!` behind what will not fit.
 *
 * @param columns of the terminal.
 */
export function reviewTable(rows: readonly ReviewRow[], columns: number): string {
  const hasSource = rows.some(({ source }) => source !== undefined);
  const last = rows.reduce((most, { end }) => Math.max(most, end), 0);
  const timeWidth = clock(last, last).length;
  // Mark, time, numbers, and two blanks between them.
  const rest = columns - 2 - timeWidth - 2 - 2 - 8 - 2 - 6;
  const width = Math.max(leastText, Math.floor(hasSource ? (rest - 2) / 2 : rest));
  const head: Cells = {
    ...{ mark: " ", time: "time", speed: "c/s", fit: "fit" },
    source: ["source"],
    text: [hasSource ? "translation" : "text"],
  };
  const all = [head, ...rows.map((row) => cellsOf(row, last, width))];
  return all
    .flatMap((cells) => layOut(cells, { timeWidth, width, hasSource }))
    .map((line) => line.trimEnd())
    .join("\n");
}

function cellsOf(row: ReviewRow, last: number, width: number): Cells {
  const isOpen = row.status === "not translated";
  return {
    mark: statusMarks[row.status],
    time: clock(row.start, last),
    source: breakText(row.source ?? "", width),
    text: breakText(row.text, width),
    speed: isOpen ? "" : `${row.charactersPerSecond.toFixed(1)}${speedMark(row)}`,
    fit: isOpen ? "" : `${row.fit.toFixed(2)}${isTight(row) ? "!" : ""}`,
  };
}

/** How hard a line is to read. */
export function speedMark({
  charactersPerSecond,
}: Pick<ReviewRow, "charactersPerSecond">): "" | "!" | "!!" {
  if (charactersPerSecond > readable.limit) return "!!";
  return charactersPerSecond > readable.most ? "!" : "";
}

/** Whether a line will have to hurry beyond what is comfortable. */
export function isTight({ fit }: Pick<ReviewRow, "fit">): boolean {
  return fit > comfortable;
}

type Widths = {
  readonly timeWidth: number;
  readonly width: number;
  readonly hasSource: boolean;
};

function layOut(cells: Cells, { timeWidth, width, hasSource }: Widths): readonly string[] {
  const height = Math.max(cells.source.length, cells.text.length, 1);
  return Array.from({ length: height }, (_, index) => {
    const isFirst = index === 0;
    const shown = (text: string): string => (isFirst ? text : "");
    return [
      `${shown(cells.mark).padEnd(1)} ${shown(cells.time).padStart(timeWidth)}`,
      ...(hasSource ? [pad(cells.source[index] ?? "", width)] : []),
      pad(cells.text[index] ?? "", width),
      // Marks stand to the right of the point, so that the numbers stay in their column.
      shown(numbers(cells.speed, 6)).padEnd(8),
      shown(numbers(cells.fit, 5)),
    ].join("  ");
  });
}

function numbers(text: string, width: number): string {
  const [, number = "", marks = ""] = /^(.*?)(!*)$/.exec(text) ?? [];
  return `${number.padStart(width)}${marks}`;
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Broken between words, or where a script has none between characters. */
function breakText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const { text: unit, isSpaced } of lineUnits(oneLine(text), width)) {
    const longer = line === "" ? unit : `${line}${isSpaced ? " " : ""}${unit}`;
    if (line !== "" && widthOf(longer) > width) {
      lines.push(line);
      line = unit;
    } else line = longer;
  }
  return line === "" ? lines : [...lines, line];
}

/** `1:02:03.4` where the video is that long, else `2:03.4`. */
function clock(seconds: number, last: number): string {
  const tenths = Math.round(seconds * 10);
  const whole = Math.floor(tenths / 10);
  const two = (value: number): string => `${value}`.padStart(2, "0");
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}.${tenths % 10}`;
  return last >= 3600 ? `${Math.floor(whole / 3600)}:${rest}` : rest;
}
