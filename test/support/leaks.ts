/** What no answer may tell: where the data lies, how the code looks inside, what the database was asked. */
import { basename } from "node:path";
import { expect } from "vitest";

/** Looks into every answer it is shown; `check` at the end says whether one told too much. */
export function openLeakWatch(folder: string) {
  const answers: string[] = [];
  const forms = [folder, basename(folder), encodeURI(basename(folder))].map((form) =>
    form.normalize("NFC"),
  );
  return {
    show(text: string): void {
      answers.push(text.normalize("NFC"));
    },
    check(): void {
      expect(answers.length).toBeGreaterThan(0);
      for (const answer of answers) {
        for (const form of forms) expect(answer).not.toContain(form);
        expect(answer).not.toMatch(/node_modules|\.ts:\d|\n\s+at |SELECT |INSERT |SQLITE|\/tmp\//);
      }
    },
  };
}
