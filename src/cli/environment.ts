/** The environment a command sees: the process's own, then `.env` of the current folder, then `.env` of Dubber's checkout. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { DubberError } from "../core/error.ts";
import { serverVariables } from "../server/variables.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that count in a `.env`. Others do not: a folder from somewhere else must not choose which programs are run, as
 * FFMPEG_PATH or PATH would.
 */
const settings: ReadonlySet<string> = new Set([
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
  "OPENAI_TTS_INSTRUCTIONS",
  "ELEVENLABS_API_KEY",
  "ELEVENLABS_BASE_URL",
  "ELEVENLABS_VOICE_ID",
  "MAX_CONCURRENT",
  "TTS_PROVIDER",
  "TTS_MODEL",
  "STT_PROVIDER",
  "STT_BASE_URL",
  "STT_API_KEY",
  "CHAT_BASE_URL",
  "CHAT_API_KEY",
  "TRANSLATE",
  "TRANSLATION_MODEL",
  "GPT_MODEL",
  ...serverVariables,
]);
const settingPrefix = "COSYVOICE_";

/**
 * Reads both `.env` files; nothing is written into `process.env`. A variable that is set but empty counts as not set, and
 * hides the `.env` files' value all the same: `TTS_PROVIDER= dubber …` switches it off. A key is given only to an address from the
 * process's own environment, or from the same `.env`.
 *
 * @param own the process's environment.
 * @param folder the current folder.
 * @param project Dubber's own folder; undefined for an installed package, which has no `.env`.
 * @throws DubberError `unreadable` for a `.env` that may not be read.
 */
export function readEnvironment({
  own,
  folder,
  project = projectFolder(),
}: {
  readonly own: Environment;
  readonly folder: string;
  readonly project?: string | undefined;
}): Environment {
  const files = [...(project === undefined ? [] : [project]), folder].map(readSettings);
  const all: Environment = Object.assign({}, ...files, own);
  const strangers = services.filter((name) => isForStranger(name, all, [...files, own]));
  return { ...all, ...Object.fromEntries(strangers.map((name) => [`${name}_API_KEY`, undefined])) };
}

/** Services whose address and key can come from different places. */
const services = ["OPENAI", "ELEVENLABS", "STT", "CHAT"] as const;

/**
 * Whether a key would be sent to an address that a `.env` gave and that knows nothing of the key: a folder from somewhere else must not
 * collect the keys of whoever runs Dubber in it.
 */
function isForStranger(
  service: (typeof services)[number],
  all: Environment,
  sources: readonly Environment[],
): boolean {
  const [url, key] = [`${service}_BASE_URL`, `${service}_API_KEY`];
  const lastWith = (name: string): number => sources.findLastIndex((source) => name in source);
  const [from, isKnownTo] = [lastWith(url), lastWith(key)];
  const isOwn = from < 0 || from === sources.length - 1;
  return !isOwn && from !== isKnownTo && settingOf(all, key) !== undefined;
}

/** A variable without the blanks around it; undefined when it is missing or empty. */
export function settingOf(env: Environment, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/** The checkout this file belongs to; undefined when it is a built package. */
function projectFolder(): string | undefined {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  return existsSync(join(root, "src/cli/environment.ts")) ? root : undefined;
}

function readSettings(folder: string): Environment {
  return Object.fromEntries(Object.entries(readFile(folder)).filter(([name]) => isSetting(name)));
}

function isSetting(name: string): boolean {
  return settings.has(name) || name.startsWith(settingPrefix);
}

/** Names in both `.env` files that mean nothing to Dubber: misspelt, or somebody else's. */
export function unknownSettings(folder: string, project = projectFolder()): readonly string[] {
  const names = [...(project === undefined ? [] : [project]), folder].flatMap((one) =>
    Object.keys(readFile(one)),
  );
  return [...new Set(names)].filter((name) => !isSetting(name));
}

function readFile(folder: string): Environment {
  const path = join(folder, ".env");
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    // A folder of that name is usually a Python environment.
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return {};
    throw new DubberError("unreadable", `${path} may not be read.`, {
      hint: "Check its permissions: keys and settings are looked for in it.",
      cause: error,
    });
  }
}
