/** Forms with files in them, from wherever the files are. */
import { toSnake } from "./names.ts";

/** A `Blob` or `File`, bytes, or the path of a file on this machine (Node, Deno, Bun), which is sent as it is read. */
export type FileInput = Blob | Uint8Array<ArrayBuffer> | string;

/**
 * A form under the names of the wire; fields that are not set are left out.
 *
 * @param files names of the fields that are files.
 * @throws DubberError `not_found`, `unreadable` for a path.
 */
export async function toForm(
  fields: Readonly<Record<string, unknown>>,
  files: readonly string[],
): Promise<FormData> {
  const isFile = ([name]: readonly [string, unknown]): boolean => files.includes(name);
  const all = Object.entries(fields);
  const form = new FormData();
  const texts = all.filter((field) => !isFile(field));
  for (const [name, value] of Object.entries(toSnake(Object.fromEntries(texts)))) {
    form.append(name, String(value));
  }
  for (const [name, value] of all.filter(isFile)) {
    if (value === undefined) continue;
    const [wireName = name] = Object.keys(toSnake({ [name]: value }));
    const { blob, fileName } = await openInput(value as FileInput);
    form.append(wireName, blob, fileName);
  }
  return form;
}

/** Its name is of use for its ending only. */
async function openInput(input: FileInput): Promise<{ blob: Blob; fileName: string }> {
  if (typeof input === "string") {
    // Not above: where there are no files, nobody needs it.
    const { openLocalFile } = await import("./local-file.ts");
    return await openLocalFile(input);
  }
  const blob = input instanceof Blob ? input : new Blob([input]);
  return { blob, fileName: (blob as Partial<File>).name ?? "file" };
}
