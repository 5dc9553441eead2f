/** Forms with files as RFC 7578 has them, in parts that can be sent one after the other: a file is not copied. */
import { randomBytes } from "node:crypto";

export type FormFields = Readonly<Record<string, string | { readonly wav: Uint8Array }>>;

/** The body of a form and the type that names its boundary. Field names are our own: letters and underscores. */
export function encodeForm(fields: FormFields): {
  readonly contentType: string;
  readonly body: readonly (string | Uint8Array)[];
} {
  // As long as a random key: no text contains it.
  const boundary = `dubber-${randomBytes(16).toString("hex")}`;
  const body = Object.entries(fields).flatMap(([name, value]) => {
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${name}"`;
    return typeof value === "string"
      ? [`${head}\r\n\r\n${value}\r\n`]
      : [`${head}; filename="${name}.wav"\r\ncontent-type: audio/wav\r\n\r\n`, value.wav, "\r\n"];
  });
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: [...body, `--${boundary}--\r\n`],
  };
}
