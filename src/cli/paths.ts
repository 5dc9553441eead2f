/** Paths as a person types and reads them: relative to the folder the command runs in. */
import { isAbsolute, join, relative } from "node:path";
import type { World } from "./world.ts";

type Folder = { readonly directory?: World["directory"] | undefined };

/** A path that was typed, for whatever opens it. In the process's own folder it stays as it was typed, so that messages repeat it. */
export function typedPath(path: string, { directory }: Folder): string {
  return directory === undefined || isAbsolute(path) ? path : join(directory, path);
}

/** A path for people: seen from the folder the command runs in, `.` for the folder itself. */
export function shownPath(path: string, { directory }: Folder): string {
  return relative(currentFolder({ directory }), path) || ".";
}

/** The folder the command runs in, absolute. */
export function currentFolder({ directory }: Folder): string {
  return directory ?? process.cwd();
}

/** Flags whose value is a path. */
const pathFlags = [
  ...["subs", "sourceSubs", "segmentsJson", "segmentsSrt", "workdir", "output", "out"],
  ...["glossary", "memory", "voices", "youtubeOutdir", "dataDir"],
];

/** The same flags, with every path among their values as {@link typedPath}. */
export function withTypedPaths(
  values: Readonly<Record<string, unknown>>,
  folder: Folder,
): Readonly<Record<string, unknown>> {
  const paths = pathFlags.flatMap((name) => {
    const value = values[name];
    return typeof value === "string" ? [[name, typedPath(value, folder)] as const] : [];
  });
  return { ...values, ...Object.fromEntries(paths) };
}
