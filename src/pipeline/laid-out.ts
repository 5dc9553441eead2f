/** What was laid out of the original's words, for all languages alike: which file, and how it read then. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.ts";
import { hashBytes } from "../core/hash.ts";
import { isSameLanguage } from "../core/language.ts";
import { type ReviewedFile, readReviewedFile } from "./reviewed-file.ts";

const fileSchema = z.record(z.string(), z.string());

/** File names in the work directory, and the hash each was written with. */
export type LaidOut = Readonly<z.infer<typeof fileSchema>>;

const pathIn = (root: string): string => join(root, "recognition", "laid-out.json");

/** Nothing where nobody has listened yet, or the file cannot be read: then whatever stands there counts as a person's. */
export async function readLaidOut(root: string): Promise<LaidOut> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(pathIn(root), "utf8")));
  } catch {
    return {};
  }
}

/** Notes that `name` was written with this hash. */
export async function noteLaidOut(root: string, name: string, hash: string): Promise<void> {
  const before = await readLaidOut(root);
  if (before[name] !== hash) await writeJsonAtomic(pathIn(root), { ...before, [name]: hash });
}

/** Where the original's text stands for review. */
export function sourceName(language: string | undefined): string {
  return `subs.${language ?? "original"}.srt`;
}

/** What a person has corrected of the original's words: name and hash of each file, for fingerprints. */
export async function correctedSources(root: string): Promise<readonly (readonly string[])[]> {
  const files = await Promise.all(
    Object.entries(await readLaidOut(root)).map(async ([name, hash]) => {
      const { bytes, isEdited } = await readReviewedFile(join(root, name), [hash]);
      return isEdited && bytes !== undefined ? [[name, hashBytes(bytes)]] : [];
    }),
  );
  return files.flat();
}

/**
 * The file of the original's words: the one of this language, or a corrected one of the same language under another name (`en` for `en-GB`).
 *
 * @param written hashes of what it may read without being a person's.
 */
export async function sourceFile(
  root: string,
  language: string | undefined,
  written: readonly string[],
): Promise<ReviewedFile> {
  const laidOut = await readLaidOut(root);
  const name = sourceName(language);
  const own = await readReviewedFile(join(root, name), [laidOut[name], ...written]);
  if (own.bytes !== undefined || language === undefined) return own;
  for (const [corrected = ""] of await correctedSources(root)) {
    const tag = /^subs\.(.+)\.srt$/.exec(corrected)?.[1] ?? "original";
    if (tag !== "original" && isSameLanguage(tag, language)) {
      return await readReviewedFile(join(root, corrected), []);
    }
  }
  return own;
}
