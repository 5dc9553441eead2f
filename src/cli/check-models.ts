/** Which models work on this machine, and whether the library that runs them does. All of it is optional. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { ModelKind } from "../models/contract.ts";
import { type ListedModel, listModels, openModelStore } from "../models/store.ts";
import { sherpaVersion } from "../recognition/sherpa-version.ts";
import type { Check } from "./check.ts";
import type { Environment } from "./environment.ts";

const run = promisify(execFile);
/** A machine that needs longer than this to load a library will not recognise much either. */
const loadMs = 20_000;

/** Good enough for most languages, and not large. */
const usualRecogniser = "whisper-base";

/** The kinds a person can have, and what goes without them. */
const kinds: readonly (readonly [name: string, kinds: readonly ModelKind[], use: string])[] = [
  ["recogniser", ["recognizer"], "For --stt local"],
  ["voice activity", ["vad"], "To find where speech begins"],
  ["speakers", ["speaker-segmentation", "speaker-embedding"], "For --speakers"],
];

/**
 * One check for the library and one for each purpose; what is not installed is `unused`, what is damaged `limited`.
 *
 * @throws DubberError `invalid_options` for a `models.json` that cannot be understood; the signal's reason.
 */
export async function checkModels(env: Environment, call: Call = {}): Promise<readonly Check[]> {
  const all = await listModels(await openModelStore(env), call);
  return [
    await checkLibrary(call),
    ...kinds.map(([name, of, use]) => checkKinds(name, of, use, all)),
  ];
}

async function checkLibrary(call: Call): Promise<Check> {
  const name = "local models";
  try {
    const version = await sherpaVersion();
    // Native code that does not suit this machine would take this process with it.
    const program = `await import(${JSON.stringify(import.meta.resolve("sherpa-onnx-node"))})`;
    const args = ["--input-type=module", "--eval", program];
    await run(process.execPath, args, { timeout: loadMs, ...call });
    return { name, state: "ok", found: version };
  } catch (error) {
    call.signal?.throwIfAborted();
    const isAbsent = error instanceof DubberError;
    return {
      name,
      state: isAbsent ? "unused" : "limited",
      found: isAbsent ? error.message : "sherpa-onnx has no build that loads on this machine.",
      mend: (isAbsent ? error.hint : undefined) ?? "A service can listen instead: --stt openai.",
    };
  }
}

function checkKinds(
  name: string,
  of: readonly ModelKind[],
  use: string,
  all: readonly ListedModel[],
): Check {
  const byKind = of.map((kind) => all.filter(({ entry }) => entry.kind === kind));
  const installed = byKind.map((some) => some.filter(({ state }) => state === "installed"));
  if (installed.every((some) => some.length > 0)) {
    const names = installed.flat().map(({ entry }) => entry.name);
    return { name, state: "ok", found: names.join(", ") };
  }
  const broken = byKind.flat().find(({ state }) => state === "damaged");
  if (broken !== undefined) {
    const { name: model } = broken.entry;
    const mend = `Run: dubber models pull ${model}`;
    return { name, state: "limited", found: `${model} is damaged`, mend };
  }
  const lacking = byKind.filter((_, index) => installed[index]?.length === 0);
  const wanted = lacking.flatMap((some) => {
    const names = some.map(({ entry }) => entry.name);
    return names.includes(usualRecogniser) ? [usualRecogniser] : names.slice(0, 1);
  });
  const mend = `${use}: dubber models pull ${wanted.join(" ")}`;
  return { name, state: "unused", found: "no model is installed", mend };
}
