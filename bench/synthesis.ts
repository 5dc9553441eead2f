/**
 * How fast many lines are spoken through a service, how well the limit is found, and what it takes when the service fails.
 * Against fake services on this machine. About five minutes.
 *
 *   npm run bench:synthesis [-- --only documents,auto,scale,faults]
 */
import { parseArgs } from "node:util";
import { benchAuto } from "./synthesis-auto.ts";
import { benchDocuments } from "./synthesis-documents.ts";
import { benchFaults } from "./synthesis-faults.ts";
import { benchScale } from "./synthesis-scale.ts";
import { printMachine } from "./table.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "documents,auto,scale,faults" },
    seeds: { type: "string" },
  },
});
const seeds = (usual: number): number => Number(values.seeds ?? usual);
const questions: Readonly<Record<string, () => Promise<void>>> = {
  documents: () => benchDocuments({ seeds: seeds(20) }),
  auto: () => benchAuto({ seeds: seeds(3) }),
  scale: () => benchScale({ counts: [10_000, 50_000] }),
  faults: () => benchFaults({ seeds: seeds(5) }),
};

for (const name of values.only.split(",")) {
  const ask = questions[name];
  if (ask === undefined) throw new Error(`No question ${name}; known: ${Object.keys(questions)}.`);
  await ask();
}
printMachine();
