/** Reads a form, multipart or urlencoded, into a plain object: fields as text, files straight to the disk and capped on their way. */
import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyRequest } from "fastify";
import { FormFile } from "../../api/values.ts";
import { DubberError, describeFileError } from "../../core/error.ts";
import { ApiError, invalidField } from "../api-error.ts";

export type FormLimits = {
  /** Bytes of each file field; other files are refused. */
  readonly files: Readonly<Record<string, number>>;
  /** Bytes of one text field. */
  readonly fieldBytes: number;
};

/** Where a form's files lie until its request has been answered. */
export type ReadForm = {
  readonly fields: Record<string, unknown>;
  /** Field → what identifies a file's content, for Idempotency-Key. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Removes what is still there. */
  discard(): Promise<void>;
};

const mostFields = 32;
/** What part heads and boundaries may take besides, bytes. */
const formOverheadBytes = 65_536;

/**
 * @param folder for the files; their names are made here.
 * @throws ApiError `payload_too_large`, `validation_error` for a form that is none; DubberError `disk_full`.
 */
export async function readForm(
  request: FastifyRequest,
  { folder, limits }: { readonly folder: string; readonly limits: FormLimits },
): Promise<ReadForm> {
  const most = mostBytes(limits);
  if (Number(request.headers["content-length"] ?? 0) > most) throw formTooLarge(most);
  const fields: Record<string, unknown> = Object.create(null);
  const hashes: Record<string, string> = {};
  const paths: string[] = [];
  const discard = async (): Promise<void> => {
    await Promise.all(paths.map((path) => rm(path, { force: true }).catch(() => {})));
  };
  const overflow = Promise.withResolvers<never>();
  overflow.promise.catch(() => {});
  let received = 0;
  const count = ({ length }: Buffer) => {
    received += length;
    if (received > most) overflow.reject(formTooLarge(most));
  };
  try {
    const parts = request.parts({
      limits: {
        ...{ fields: mostFields, files: 4, parts: mostFields + 4, headerPairs: 64 },
        ...{ fieldNameSize: 100, fieldSize: limits.fieldBytes, fileSize: Number.MAX_SAFE_INTEGER },
      },
    });
    // Also of what belongs to no part: a head without an end, what stands after the last boundary.
    request.raw.on("data", count);
    for (;;) {
      const { done, value: part } = await Promise.race([parts.next(), overflow.promise]);
      if (done) break;
      const { fieldname: name } = part;
      if (name in fields) throw badForm(name, "stands twice");
      if (part.type === "field") {
        if (part.valueTruncated || part.fieldnameTruncated) throw tooLarge(name, limits.fieldBytes);
        // An empty field is how forms say nothing.
        if (part.value !== "") fields[name] = part.value;
        continue;
      }
      const mostOfIt = Object.hasOwn(limits.files, name) ? limits.files[name] : undefined;
      if (mostOfIt === undefined) throw badForm(name.slice(0, 60), "takes no file");
      const path = join(folder, `upload-${randomBytes(12).toString("hex")}`);
      paths.push(path);
      const { sha256, sizeBytes } = await save(part.file, { path, most: mostOfIt, name });
      // An empty file field is how browsers and scripts send no file.
      if (sizeBytes === 0 && part.filename === "") continue;
      if (sizeBytes === 0) throw badForm(name, "is an empty file");
      hashes[name] = sha256;
      fields[name] = new FormFile({ path, sizeBytes, sha256, fileName: lastPart(part.filename) });
    }
    return { fields, hashes, discard };
  } catch (error) {
    await discard();
    throw describeFormError(error);
  } finally {
    request.raw.off("data", count);
  }
}

/** Of a whole form. */
function mostBytes({ files, fieldBytes }: FormLimits): number {
  const ofFiles = Object.values(files).reduce((sum, bytes) => sum + bytes, 0);
  return ofFiles + 4 * fieldBytes + formOverheadBytes;
}

async function save(
  source: NodeJS.ReadableStream,
  { path, most, name }: { readonly path: string; readonly most: number; readonly name: string },
): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const counter = new Transform({
    transform(piece: Buffer, _encoding, done) {
      sizeBytes += piece.length;
      if (sizeBytes > most) return done(tooLarge(name, most));
      hash.update(piece);
      done(null, piece);
    },
  });
  try {
    await pipeline(source, counter, createWriteStream(path));
    const file = await open(path, "r+");
    await file.sync().finally(() => file.close());
  } catch (error) {
    throw error instanceof ApiError ? error : describeFileError(error, name);
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}

/** A name without folders, control characters and excess: to be kept as a remark, never as a path. */
function lastPart(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? "";
  return last.replace(/[\p{C}]/gu, "").slice(0, 120);
}

function tooLarge(field: string, most: number): ApiError {
  return new ApiError("payload_too_large", `${field} is larger than ${most} bytes.`, {
    details: { field, max_bytes: most },
  });
}

/** @param most bytes, where it is those that are too many. */
function formTooLarge(most?: number): ApiError {
  const bound =
    most === undefined ? "the server takes" : `${most} bytes, the most that is taken here`;
  return new ApiError("payload_too_large", `The form is larger than ${bound}.`);
}

function badForm(field: string, message: string): ApiError {
  const shown = field.replace(/[\p{C}]/gu, " ");
  return invalidField(shown, message, { said: `${shown} ${message}.` });
}

function describeFormError(error: unknown): unknown {
  if (error instanceof ApiError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/^FST_(REQ_FILE_TOO_LARGE|FIELDS_LIMIT|FILES_LIMIT|PARTS_LIMIT)$/.test(code)) {
    return formTooLarge();
  }
  // What the parser throws has no class of its own; what the system throws has a number.
  if (!(error instanceof DubberError) && !(error instanceof Error && "errno" in error)) {
    return invalidField("body", "not a whole multipart form", {
      said: "The form is broken or was cut off.",
      cause: error,
    });
  }
  return error;
}
