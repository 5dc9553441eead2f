/** Forms with files in them, from wherever the files are. */
import { toSnake } from "./names.ts";
import { randomHex } from "./random-hex.ts";

/** A `Blob` or `File`, bytes, or the path of a file on this machine (Node, Deno, Bun), which is sent as it is read. */
export type FileInput = Blob | Uint8Array<ArrayBuffer> | string;

/**
 * A form (`multipart/form-data`, RFC 7578) under the names of the wire; fields that are not set are left out. It is a Blob and no FormData: a
 * request whose Blob is no longer wanted, or whose file has changed, fails and nothing else. Of a FormData, Node's fetch writes the parts in a function
 * that is not waited for (undici 7.20 and newer), so that ending an upload would end the program with an unhandled rejection.
 *
 * @param files names of the fields that are files.
 * @throws DubberError `not_found`, `unreadable` for a path.
 */
export async function toForm(
  fields: Readonly<Record<string, unknown>>,
  files: readonly string[],
): Promise<Blob> {
  const isFile = ([name]: readonly [string, unknown]): boolean => files.includes(name);
  const all = Object.entries(fields);
  const boundary = `dubber-${randomHex(16)}`;
  const parts: (string | Blob)[] = [];
  function add(head: string, content: string | Blob): void {
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`, content, "\r\n");
  }
  const texts = all.filter((field) => !isFile(field));
  for (const [name, value] of Object.entries(toSnake(Object.fromEntries(texts)))) {
    add(`name="${quotable(name)}"`, String(value).replace(/\r\n?|\n/g, "\r\n"));
  }
  for (const [name, value] of all.filter(isFile)) {
    if (value === undefined) continue;
    const [wireName = name] = Object.keys(toSnake({ [name]: value }));
    const { blob, fileName } = await openInput(value as FileInput);
    const type = blob.type || "application/octet-stream";
    add(
      `name="${quotable(wireName)}"; filename="${quotable(fileName)}"\r\nContent-Type: ${type}`,
      blob,
    );
  }
  return new Blob([...parts, `--${boundary}--\r\n`], {
    type: `multipart/form-data; boundary=${boundary}`,
  });
}

/** What may stand between quotes in a part's head, escaped as browsers do (WHATWG HTML, "multipart/form-data encoding algorithm"). */
function quotable(name: string): string {
  return name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
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
