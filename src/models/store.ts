/** The folder that keeps models for all of Dubber's runs: what is in it, and how an engine gets at it. Downloads nothing. */
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Call } from "../core/call.ts";
import { DubberError, describeFileError } from "../core/error.ts";
import { isSameLanguage } from "../core/language.ts";
import { catalogue } from "./catalogue.ts";
import type { InstalledModel, ModelEntry, ModelKind, ModelStore } from "./contract.ts";
import { type InspectedFile, inspectModel } from "./inspect.ts";
import { readOwnModels } from "./own-models.ts";
import { takePullLock } from "./pull-lock.ts";

/**
 * Where models are kept: DUBBER_MODELS, else `dubber/models` in XDG_CACHE_HOME, else in `.cache` of HOME.
 *
 * @param env the variables; nothing is read from the process.
 * @returns absolute.
 */
export function modelsDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  return resolve(env.DUBBER_MODELS?.trim() || join(cache, "dubber", "models"));
}

/**
 * Opens the store; the folder need not be there yet. An own entry takes the place of a model of the catalogue with its name.
 *
 * @throws DubberError `invalid_options` for a `models.json` that cannot be understood; `unreadable`.
 */
export async function openModelStore(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ModelStore> {
  const directory = modelsDirectory(env);
  const own = await readOwnModels(directory);
  const names = new Set(own.map(({ name }) => name));
  return { directory, entries: [...own, ...catalogue.filter(({ name }) => !names.has(name))] };
}

/** The folder of one model, absolute. */
export function modelDirectory(store: ModelStore, { name }: ModelEntry): string {
  return join(store.directory, name);
}

/** @throws DubberError `unknown_model`. */
export function entryOf(store: ModelStore, name: string): ModelEntry {
  const entry = store.entries.find((one) => one.name === name);
  if (entry !== undefined) return entry;
  throw new DubberError("unknown_model", `Dubber knows no model called "${name}".`, {
    hint: "`dubber models list` shows all; your own go into models.json, see docs/models.md.",
  });
}

export type ModelState = "installed" | "partial" | "damaged" | "missing";

export type ListedModel = {
  readonly entry: ModelEntry;
  /** `partial`: some files are there, or some that nobody has checked yet. */
  readonly state: ModelState;
  readonly files: readonly InspectedFile[];
};

/** Every model that is known, with what is there of it. Files are hashed only where they are new or have changed. */
export async function listModels(
  store: ModelStore,
  call: Call = {},
): Promise<readonly ListedModel[]> {
  const listed: ListedModel[] = [];
  for (const entry of store.entries) {
    const directory = modelDirectory(store, entry);
    const files = await inspectModel(entry, directory, { trust: "record", ...call });
    listed.push({ entry, state: stateOf(files), files });
  }
  return listed;
}

/**
 * Hashes all files of a model. Files that were put there by hand and of which no sum is known are taken as they are, and
 * checked from then on.
 *
 * @throws DubberError `unknown_model`, `unreadable`; the signal's reason.
 */
export async function verifyModel(
  store: ModelStore,
  name: string,
  call: Call = {},
): Promise<ListedModel> {
  const entry = entryOf(store, name);
  const options = { trust: "content", adopts: true, ...call } as const;
  const files = await inspectModel(entry, modelDirectory(store, entry), options);
  return { entry, state: stateOf(files), files };
}

/**
 * A model that is there and whole, by name.
 *
 * @throws DubberError `unknown_model`; `model_missing`, `model_corrupt` with the command that mends it; `unreadable`.
 */
export async function findModel(
  store: ModelStore,
  name: string,
  call: Call = {},
): Promise<InstalledModel> {
  const entry = entryOf(store, name);
  const directory = modelDirectory(store, entry);
  const files = await inspectModel(entry, directory, { trust: "record", ...call });
  const broken = files.find(({ state }) => state === "damaged");
  if (broken !== undefined) {
    const { file, reason } = broken;
    throw new DubberError(
      "model_corrupt",
      `The model ${name} is damaged: ${file.path} ${reason ?? ""}.`,
      { hint: `Get it again: \`dubber models pull ${name}\`.` },
    );
  }
  const absent = files.filter(({ state }) => state !== "whole");
  if (absent.length > 0) {
    const paths = absent.map(({ file }) => file.path).join(", ");
    const isUnchecked = absent.every(({ state }) => state === "unknown");
    throw new DubberError(
      "model_missing",
      `The model ${name} is not ${isUnchecked ? "checked yet" : "installed"}: ${paths} in ${directory}.`,
      { hint: `Run \`dubber models ${isUnchecked ? "verify" : "pull"} ${name}\`.` },
    );
  }
  return {
    ...{ entry, directory },
    paths: Object.fromEntries(entry.files.map(({ role, path }) => [role, join(directory, path)])),
  };
}

export type ModelWish = {
  readonly kind: ModelKind;
  /** BCP 47. Left out, only a model that hears the language by itself will do, the one with the most languages. */
  readonly language?: string;
};

/**
 * The best installed model for a purpose, or none. Damaged ones do not count: {@link findModel} says what is wrong.
 *
 * @throws DubberError `unreadable`; the signal's reason.
 */
export async function findInstalled(
  store: ModelStore,
  { kind, language }: ModelWish,
  call: Call = {},
): Promise<InstalledModel | undefined> {
  const suitable = store.entries.filter((entry) => entry.kind === kind && fits(entry, language));
  if (kind === "recognizer" && language === undefined)
    suitable.sort((a, b) => breadth(b) - breadth(a));
  for (const { name } of suitable) {
    try {
      return await findModel(store, name, call);
    } catch (error) {
      const isAbsent = error instanceof DubberError && /^model_/.test(error.code);
      if (!isAbsent) throw error;
    }
  }
  return undefined;
}

function fits(entry: ModelEntry, language: string | undefined): boolean {
  if (entry.languages.length === 0 || entry.kind !== "recognizer") return true;
  if (language === undefined) return entry.languages.length > 1;
  return entry.languages.some((tag) => isSameLanguage(tag, language));
}

function breadth({ languages }: ModelEntry): number {
  return languages.length === 0 ? Number.MAX_SAFE_INTEGER : languages.length;
}

function stateOf(files: readonly InspectedFile[]): ModelState {
  if (files.every(({ state }) => state === "whole")) return "installed";
  if (files.some(({ state }) => state === "damaged")) return "damaged";
  return files.every(({ state }) => state === "missing") ? "missing" : "partial";
}

/**
 * Removes a model's folder with everything in it, whatever state it is in; waits for a download of it to end.
 *
 * @returns false when there was none.
 * @throws DubberError `unknown_model`, `not_writable`.
 */
export async function removeModel(
  store: ModelStore,
  name: string,
  { signal }: Call = {},
): Promise<boolean> {
  const directory = modelDirectory(store, entryOf(store, name));
  await using _lock = await takePullLock(directory, signal ? { signal } : {});
  try {
    await rm(directory, { recursive: true });
    return true;
  } catch (error) {
    const described = describeFileError(error, directory);
    if (described instanceof DubberError && described.code === "not_found") return false;
    throw described;
  }
}
