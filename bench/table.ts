/** Prints what a benchmark measured: one Markdown table, and the machine it ran on. */
import { cpus, totalmem } from "node:os";

/** Median; the middle of an odd number of runs. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function printTable(title: string, rows: readonly Readonly<Record<string, string>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  console.log(`\n### ${title}\n`);
  console.log(`| ${columns.join(" | ")} |`);
  console.log(`| ${columns.map(() => "---").join(" | ")} |`);
  for (const row of rows) console.log(`| ${columns.map((column) => row[column]).join(" | ")} |`);
}

export function printMachine(): void {
  const memory = Math.round(totalmem() / 2 ** 30);
  console.log(
    `\n${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, ${memory} GiB, Node ${process.versions.node}, ${process.platform}`,
  );
}
