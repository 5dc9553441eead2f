/** Finds ffmpeg and ffprobe, and says how to install them where they are missing. */
import { accessSync, constants, statSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { runChild } from "./child.ts";

export type Tools = {
  /** Path of the ffmpeg binary. */
  readonly ffmpeg: string;
  /** Path of the ffprobe binary. */
  readonly ffprobe: string;
  /** What ffmpeg calls itself: `5.1.9-0+deb12u1`, or `N-12345-g…` for a build from git. */
  readonly version: string;
};

const oldestVersion = 5;

/**
 * Finds the tools: FFMPEG_PATH (the binary or its folder; ffprobe beside it, or FFPROBE_PATH), then PATH. Asks ffmpeg
 * for its version every time it is called; nothing is remembered.
 *
 * @param env the environment to look in, usually `process.env`.
 * @throws DubberError `missing_tool` with the install command for this system as hint.
 */
export async function findTools({
  env,
  signal,
}: Call & { readonly env: Readonly<Record<string, string | undefined>> }): Promise<Tools> {
  const ffmpeg = findBinary("ffmpeg", env.FFMPEG_PATH, "FFMPEG_PATH", env);
  const beside = join(dirname(ffmpeg), basename(ffmpeg).replace("ffmpeg", "ffprobe"));
  const besideNamed = env.FFMPEG_PATH && isRunnable(beside) ? beside : undefined;
  const ffprobe = findBinary("ffprobe", env.FFPROBE_PATH || besideNamed, "FFPROBE_PATH", env);
  const version = await readVersion(ffmpeg, signal ? { signal } : {});
  await readVersion(ffprobe, signal ? { signal } : {});
  return { ffmpeg, ffprobe, version };
}

/** The command that installs ffmpeg on this system, as one sentence. */
export function installHint(): string {
  if (process.platform === "darwin") return "Install it: brew install ffmpeg";
  if (process.platform === "win32") return "Install it: winget install ffmpeg";
  const managers = [
    ["apt-get", "sudo apt-get install ffmpeg"],
    ["dnf", "sudo dnf install ffmpeg"],
    ["pacman", "sudo pacman -S ffmpeg"],
    ["apk", "sudo apk add ffmpeg"],
    ["zypper", "sudo zypper install ffmpeg"],
  ] as const;
  const found = managers.find(([name]) =>
    ["/usr/bin", "/sbin", "/bin", "/usr/sbin"].some((folder) => isRunnable(join(folder, name))),
  );
  return `Install it: ${found?.[1] ?? "see https://ffmpeg.org/download.html"}`;
}

/** The first number of a release (`n6.0` → 6); undefined for builds from git, which count as new. */
export function majorVersion(version: string): number | undefined {
  const match = /^n?(\d+)\./i.exec(version);
  return match ? Number(match[1]) : undefined;
}

function findBinary(
  name: string,
  named: string | undefined,
  variable: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  if (named) {
    const found = [named, join(named, file)].find(isRunnable);
    if (found !== undefined) return found;
    throw new DubberError("missing_tool", `${variable} names no program: ${named}.`, {
      hint: `Set ${variable} to the ${name} program or to its folder, or unset it to use the one on PATH.`,
    });
  }
  const folders = (env.PATH ?? env.Path ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, file)).find(isRunnable);
  if (found !== undefined) return found;
  throw new DubberError("missing_tool", `${name} was not found on PATH.`, { hint: installHint() });
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function readVersion(tool: string, call: Call): Promise<string> {
  let version: string | undefined;
  await runChild(tool, ["-version"], {
    ...call,
    onLine: (line) => (version ??= /^ff\w+ version (\S+)/.exec(line)?.[1]),
  });
  if (version === undefined) {
    throw new DubberError("missing_tool", `${tool} does not answer as ffmpeg does.`, {
      hint: installHint(),
    });
  }
  const major = majorVersion(version);
  if (major !== undefined && major < oldestVersion) {
    throw new DubberError(
      "missing_tool",
      `${tool} is too old: version ${version}, Dubber needs ${oldestVersion}.0 or newer.`,
      { hint: installHint() },
    );
  }
  return version;
}
