/** Recognises speech on this machine: a downloaded model in child processes. Nothing leaves the machine. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { DubberError } from "../core/error.ts";
import type { LocalModel } from "./local-model.ts";
import type { RecognitionRequest, RecognitionResult, Recognizer } from "./recognizer.ts";
import { familyFacts, findFiles } from "./sherpa-family.ts";
import { openSherpa } from "./sherpa-host.ts";
import { checkModelFile } from "./sherpa-model-file.ts";
import { type RecognizerFamily, recognizerFamilies } from "./sherpa-settings.ts";

/** Longer parts are cut inside where a model hears less; this keeps a call, and what its repetition costs, small. Seconds. */
const maxSeconds = 75;
/** More threads make these models hardly faster. */
const mostThreads = 4;

/**
 * Opens a downloaded recogniser. No process starts before the first part.
 *
 * A language the model does not know is found out by itself; names to spell (`prompt`) cannot be given to any of these models.
 *
 * @param model of the family `whisper`, `moonshine`, `sense-voice` or `parakeet`; its files are checked here by their names only.
 * @param lanes child processes, each with the whole model in memory. Default 1.
 * @param threads for each child. Default the machine's cores shared by the lanes, at most 4.
 * @throws DubberError `engine_unavailable` when sherpa-onnx is not installed, `model_corrupt`, `unknown_model` for another family.
 */
export async function openLocalRecognizer({
  model: { entry, directory },
  lanes = 1,
  threads = Math.max(1, Math.min(mostThreads, Math.floor(availableParallelism() / lanes))),
}: {
  readonly model: LocalModel;
  readonly lanes?: number;
  readonly threads?: number;
}): Promise<Recognizer> {
  const { name } = entry;
  const family = familyOf(entry);
  const paths = entry.files.map(({ path }) => join(directory, path));
  const files = findFiles(family, paths, name);
  const title = `The recogniser ${name}`;
  const host = await openSherpa({ task: "recognize", family, files, threads }, { title, lanes });
  return {
    name: "local",
    version: `${name} ${host.version}`,
    place: "local",
    lanes,
    features: { maxSeconds, times: familyFacts[family].times },
    async check() {
      for (const path of Object.values(files)) await checkModelFile(path);
    },
    async recognize({ samples, language, prompt }: RecognitionRequest, call) {
      const request = { samples, ...(language !== undefined && { language }) };
      const result = (await host.ask(request, call)) as RecognitionResult;
      if (prompt === undefined) return result;
      const warning = `${title} cannot be told names to spell; they were ignored.`;
      return { ...result, warnings: [...result.warnings, warning] };
    },
    close: () => host.close(),
    [Symbol.asyncDispose]: () => host.close(),
  };
}

function familyOf({ name, family }: LocalModel["entry"]): RecognizerFamily {
  const known = recognizerFamilies.find((candidate) => candidate === family);
  if (known !== undefined) return known;
  throw new DubberError(
    "unknown_model",
    `The model ${name} is of the family "${family}", which is no recogniser.`,
    { hint: `Recognisers are: ${recognizerFamilies.join(", ")}. See: dubber models list` },
  );
}
