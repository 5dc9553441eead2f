/** Forms with files as RFC 7578 has them, in parts that can be sent one after the other: a file is not copied. */
import { randomBytes } from "node:crypto";

/** A value, several of one name, or a WAV file, whole or in pieces. */
export type FormFields = Readonly<
  Record<string, string | readonly string[] | { readonly wav: Uint8Array | readonly Uint8Array[] }>
>;

/** The body of a form and the type that names its boundary. Field names are our own: letters, underscores and brackets. */
export function encodeForm(fields: FormFields): {
  readonly contentType: string;
  readonly body: readonly (string | Uint8Array)[];
} {
  // As long as a random key: no text contains it.
  const boundary = `dubber-${randomBytes(16).toString("hex")}`;
  const body = Object.entries(fields).flatMap(([name, value]) => {
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${name}"`;
    if (typeof value === "object" && "wav" in value) {
      const file = `${head}; filename="${name}.wav"\r\ncontent-type: audio/wav\r\n\r\n`;
      return [file, ...[value.wav].flat(), "\r\n"];
    }
    return [value].flat().map((one) => `${head}\r\n\r\n${one}\r\n`);
  });
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: [...body, `--${boundary}--\r\n`],
  };
}
