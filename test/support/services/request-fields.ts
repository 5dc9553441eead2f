/** Reads the body of a request: JSON, a form, or a form with files. Only as much as the fakes need. */

/** A file of a form. */
export type FormFile = { readonly filename: string; readonly bytes: Buffer };

/** The fields of a body by name, or undefined when it cannot be read as what its type says. */
export function readFields(
  bytes: Buffer,
  contentType: string,
): Record<string, unknown> | undefined {
  if (contentType.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(bytes.toString("utf8")));
  }
  const boundary = /^multipart\/form-data;.*?boundary="?([^";]+)/i.exec(contentType)?.[1];
  if (boundary !== undefined) return readParts(bytes, boundary);
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * RFC 7578: parts between `--boundary` lines, each with headers, an empty line and its content. A name that ends in `[]` may
 * come again and stands, without its brackets, for the list of what came.
 */
function readParts(bytes: Buffer, boundary: string): Record<string, unknown> | undefined {
  const fields: Record<string, unknown> = {};
  const mark = `--${boundary}`;
  let at = bytes.indexOf(mark);
  if (at < 0) return undefined;
  for (;;) {
    at += mark.length;
    if (bytes.toString("latin1", at, at + 2) === "--") return fields;
    const headEnd = bytes.indexOf("\r\n\r\n", at);
    const end = bytes.indexOf(`\r\n${mark}`, headEnd);
    if (headEnd < 0 || end < 0) return undefined;
    const head = bytes.toString("utf8", at, headEnd);
    const name = /[; ]name="([^"]*)"/i.exec(head)?.[1];
    const filename = /[; ]filename="([^"]*)"/i.exec(head)?.[1];
    if (name === undefined) return undefined;
    const content = bytes.subarray(headEnd + 4, end);
    const value = filename === undefined ? content.toString("utf8") : { filename, bytes: content };
    const list = /^(.*)\[\]$/.exec(name)?.[1];
    if (list === undefined) fields[name] = value;
    else fields[list] = [...((fields[list] as unknown[] | undefined) ?? []), value];
    at = end + 2;
  }
}
