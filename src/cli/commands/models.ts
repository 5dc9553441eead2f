/** `dubber models`: shows, downloads, checks and removes the models that work on this machine. */
import { DubberError } from "../../core/error.ts";
import { languageName } from "../../core/language.ts";
import type { ModelEntry, ModelKind, ModelStore } from "../../models/contract.ts";
import { pullModel, sizeOfModel } from "../../models/pull.ts";
import {
  entryOf,
  type ListedModel,
  listModels,
  openModelStore,
  removeModel,
  verifyModel,
} from "../../models/store.ts";
import type { Action, CommandContext } from "../command-context.ts";
import { megabytes, openDownloadProgress } from "../download-progress.ts";
import { settingOf } from "../environment.ts";
import { exitCodes } from "../exit-codes.ts";

type Task = (
  store: ModelStore,
  names: readonly string[],
  context: CommandContext,
) => Promise<number>;

const tasks: Readonly<Record<string, Task>> = { list, pull, verify, remove };

export const modelsCommand: Action = async ([action = "", ...names], _values, context) => {
  const task = Object.hasOwn(tasks, action) ? tasks[action] : undefined;
  if (task === undefined) {
    throw new DubberError("usage", `\`dubber models\` cannot "${action}".`, {
      hint: "It can list, pull, verify and remove: `dubber models pull whisper-tiny`.",
    });
  }
  if (names.length === 0 && (action === "pull" || action === "remove")) {
    throw new DubberError("usage", `Say which: \`dubber models ${action} NAME…\`.`, {
      hint: "`dubber models list` shows the names.",
    });
  }
  const store = await openModelStore(context.env);
  // A name that is wrong is told before anything is done for the others.
  for (const name of names) entryOf(store, name);
  return await task(store, [...new Set(names)], context);
};

const kinds: Readonly<Record<ModelKind, string>> = {
  recognizer: "Speech to text",
  vad: "Speech or silence",
  "speaker-segmentation": "Who speaks when",
  "speaker-embedding": "Whose voice it is",
  denoiser: "Less noise",
};
const marks = { installed: "✓", partial: "…", damaged: "✗", missing: " " } as const;

async function list(
  store: ModelStore,
  names: readonly string[],
  { output, signal }: CommandContext,
): Promise<number> {
  const all = await listModels(store, { signal });
  const shown = all.filter(({ entry }) => names.length === 0 || names.includes(entry.name));
  output.say(`Models in ${store.directory} (✓ installed, … begun, ✗ damaged):`);
  const lines: string[] = [];
  for (const [kind, title] of Object.entries(kinds)) {
    const ofKind = shown.filter(({ entry }) => entry.kind === kind);
    if (ofKind.length > 0) lines.push(title, ...ofKind.flatMap(describe));
  }
  const models = shown.map(factsOf);
  output.result({ status: "done", directory: store.directory, models }, lines.join("\n"));
  return exitCodes.done;
}

function describe({ entry, state }: ListedModel): readonly string[] {
  const { name, licence, about } = entry;
  const languages = languagesOf(entry);
  return [
    `${marks[state]} ${name.padEnd(22)} ${sizeOf(entry).padStart(9)}  ${licence}`,
    `    ${about}${languages === "" ? "" : ` ${languages}.`}`,
  ];
}

function factsOf({ entry, state, files }: ListedModel): Readonly<Record<string, unknown>> {
  const { name, kind, family, licence, languages, about } = entry;
  const sizeBytes = sizeOfModel(entry);
  return {
    ...{ name, kind, family, licence, languages, about, state },
    ...(sizeBytes !== undefined && { sizeBytes }),
    files: files.map(({ file, state: fileState, reason, record }) => ({
      ...{ path: file.path, role: file.role, url: file.url, state: fileState },
      ...(reason !== undefined && { reason }),
      ...(record !== undefined && { sha256: record.sha256, sizeBytes: record.sizeBytes }),
    })),
  };
}

async function pull(
  store: ModelStore,
  names: readonly string[],
  { output, signal, env, world }: CommandContext,
): Promise<number> {
  const mirrorUrl = settingOf(env, "DUBBER_MODELS_URL");
  const models: Readonly<Record<string, unknown>>[] = [];
  for (const name of names) {
    const entry = entryOf(store, name);
    const host = new URL(
      mirrorUrl !== undefined && URL.canParse(mirrorUrl) ? mirrorUrl : firstUrl(entry),
    ).host;
    output.say(`${name}: ${sizeOf(entry)}, licence ${entry.licence}, from ${host}`);
    const progress = openDownloadProgress(output, name, world);
    const result = await pullModel(store, entry, {
      ...{ signal, onProgress: progress.show },
      ...(mirrorUrl !== undefined && { mirrorUrl }),
      onWait: () => output.say(`${name}: another process is downloading it; waiting for that`),
    }).finally(progress.end);
    for (const { path, sha256 } of result.trusted) {
      output.warn(
        `Nobody has said what ${path} of ${name} should contain: this first download is trusted, and compared with from now on (SHA-256 ${sha256}).`,
      );
    }
    const how = result.downloadedBytes === 0 ? "was there already" : "is installed";
    output.say(`${name} ${how}: ${result.directory}`);
    models.push({ name, ...result });
  }
  output.result({ status: "done", models }, "");
  return exitCodes.done;
}

async function verify(
  store: ModelStore,
  names: readonly string[],
  { output, signal }: CommandContext,
): Promise<number> {
  const chosen = names.length > 0 ? names : await namesOfPresent(store, signal);
  const verified: ListedModel[] = [];
  for (const name of chosen) {
    const one = await verifyModel(store, name, { signal });
    verified.push(one);
    const isGood = one.state === "installed";
    output.say(
      `${isGood ? marks.installed : marks.damaged} ${name}${isGood ? "" : `: ${faultsOf(one)}`}`,
    );
    if (!isGood) output.say(`  → dubber models pull ${name}`);
  }
  if (chosen.length === 0) output.say(`There is no model in ${store.directory}.`);
  const isWell = verified.every(({ state }) => state === "installed");
  const models = verified.map(factsOf);
  output.result({ status: isWell ? "done" : "failed", directory: store.directory, models }, "");
  return isWell ? exitCodes.done : exitCodes.missing;
}

async function namesOfPresent(store: ModelStore, signal: AbortSignal): Promise<readonly string[]> {
  const all = await listModels(store, { signal });
  return all.filter(({ state }) => state !== "missing").map(({ entry }) => entry.name);
}

function faultsOf({ files }: ListedModel): string {
  return files
    .filter(({ state }) => state !== "whole")
    .map(({ file, reason }) => `${file.path} ${reason ?? "is missing"}`)
    .join("; ");
}

async function remove(
  store: ModelStore,
  names: readonly string[],
  { output, signal }: CommandContext,
): Promise<number> {
  const removed: string[] = [];
  for (const name of names) {
    if (await removeModel(store, name, { signal })) removed.push(name);
    output.say(removed.includes(name) ? `Removed ${name}.` : `${name} was not there.`);
  }
  output.result({ status: "done", removed }, "");
  return exitCodes.done;
}

function sizeOf(entry: ModelEntry): string {
  const bytes = sizeOfModel(entry);
  return bytes === undefined ? "size ?" : megabytes(bytes);
}

function firstUrl({ files: [first] }: ModelEntry): string {
  return first?.url ?? "";
}

/** Names for people; of many languages the first few. Nothing for a model that is not about words. */
function languagesOf({ kind, languages }: ModelEntry): string {
  if (kind !== "recognizer") return "";
  if (languages.length === 0) return "Any language";
  const few = languages.length > 5 ? languages.slice(0, 3) : languages;
  const rest = languages.length - few.length;
  const named = few.map(languageName).join(", ");
  return rest === 0 ? named : `${named} and ${rest} more`;
}
