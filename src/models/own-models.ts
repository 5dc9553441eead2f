/** Models that people add themselves: `models.json` in the folder of the models, in the shape of the catalogue. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DubberError, describeFileError } from "../core/error.ts";
import { parseLanguage } from "../core/language.ts";
import type { ModelEntry } from "./contract.ts";

/** Parts of a path that stay inside the folder on every system: no `..`, no drive, nothing hidden. */
const safePath = /^(?!.*\/\.)[A-Za-z0-9_][A-Za-z0-9_.+@-]*(\/[A-Za-z0-9_.+@-]+)*$/;
const loopback = new Set(["127.0.0.1", "[::1]", "localhost"]);

const fileSchema = z
  .strictObject({
    role: z.enum([
      ...["model", "encoder", "decoder", "joiner", "preprocessor"],
      ...["uncached-decoder", "cached-decoder", "tokens"],
    ] as const satisfies readonly ModelEntry["files"][number]["role"][]),
    path: z
      .string()
      .max(200)
      .regex(safePath, "a relative path of plain names, without ..")
      .refine((path) => path !== "model.json", "model.json is Dubber's own"),
    url: z
      .url({ protocol: /^https?$/ })
      .refine((url) => new URL(url).username === "", "an address with a user's name"),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "64 digits 0–9 a–f")
      .optional(),
    sizeBytes: z.int().positive().optional(),
  })
  .refine(
    ({ url, sha256 }) =>
      url.startsWith("https:") || sha256 !== undefined || loopback.has(new URL(url).hostname),
    "an http: address needs a sha256",
  );

const entrySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, "lower-case letters, digits, - and .")
    .refine((name) => !name.endsWith(".json"), "it may not end in .json"),
  kind: z.enum(["recognizer", "vad", "speaker-segmentation", "speaker-embedding", "denoiser"]),
  family: z.string().regex(/^[a-z0-9-]+$/, "lower-case letters, digits and -"),
  files: z
    .array(fileSchema)
    .min(1)
    .refine((files) => areUnlike(files.map(({ path }) => path.toLowerCase())), "two paths alike")
    .refine((files) => areUnlike(files.map(({ role }) => role)), "two files of one role"),
  licence: z.string().min(1),
  languages: z.array(z.string().refine(isLanguage, "no language code").transform(parseLanguage)),
  about: z.string(),
});

const schema = z
  .array(entrySchema)
  .refine((entries) => areUnlike(entries.map(({ name }) => name)), "two models of one name");

/** Where people put their own entries. */
export function ownModelsPath(directory: string): string {
  return join(directory, "models.json");
}

/**
 * Reads the person's own entries; none where the file is not there.
 *
 * @param directory the folder of the models.
 * @throws DubberError `invalid_options` naming the entry and what is wrong with it; `unreadable`.
 */
export async function readOwnModels(directory: string): Promise<readonly ModelEntry[]> {
  const path = ownModelsPath(directory);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const described = describeFileError(error, path);
    if (described instanceof DubberError && described.code === "not_found") return [];
    throw described;
  }
  try {
    // Undefined members are absent ones: zod leaves out what was not there.
    return schema.parse(JSON.parse(text)) as readonly ModelEntry[];
  } catch (error) {
    throw new DubberError("invalid_options", `${path} cannot be read: ${reasonOf(error)}.`, {
      hint: "docs/models.md shows an entry; without the file only Dubber's own models are known.",
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return "it is no JSON";
  const [issue] = error.issues;
  return `${issue?.path.join(".") || "as a whole"}: ${issue?.message ?? "not as it should be"}`;
}

function areUnlike(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

function isLanguage(text: string): boolean {
  try {
    return parseLanguage(text) !== "";
  } catch {
    return false;
  }
}
