/** What went wrong with a download, whether asking again may help, and what a person behind a closed network can do. */
import { DubberError } from "../core/error.ts";

/** What is being downloaded, for the words of an error. */
export type DownloadTarget = {
  /** The model's name. */
  readonly name: string;
  readonly url: URL;
  /** Where the file is to lie in the end, absolute. */
  readonly path: string;
};

/** A failure of one try. */
export class DownloadTrouble extends Error {
  override readonly name = "DownloadTrouble";
  /** Asking again in a moment may help. */
  readonly isPassing: boolean;
  /** There was not even a connection. */
  readonly isUnreachable: boolean;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number;
  readonly hint?: string;

  constructor(
    message: string,
    options: {
      readonly isPassing?: boolean;
      readonly isUnreachable?: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly hint?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.isPassing = options.isPassing ?? false;
    this.isUnreachable = options.isUnreachable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}

const unreachable = new Set([
  ...["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  "UND_ERR_CONNECT_TIMEOUT",
]);
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/;

/** Reads what `fetch` threw, which hides the cause in `cause`. */
export function troubleOf(error: unknown, { host }: URL): DownloadTrouble {
  if (error instanceof DownloadTrouble) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (certificate.test(code)) {
    return new DownloadTrouble(`The certificate of ${host} is not trusted (${code})`, {
      hint: "Where a company's proxy reads along, give its certificate in NODE_EXTRA_CA_CERTS.",
      cause: error,
    });
  }
  const isUnreachable = unreachable.has(code);
  const what = isUnreachable ? "cannot be reached" : "broke the connection off";
  const why = code || (cause instanceof Error ? cause.message : "");
  return new DownloadTrouble(`${host} ${what}${why === "" ? "" : ` (${why})`}`, {
    ...{ isPassing: true, isUnreachable, cause: error },
  });
}

/** Reads a status that is no success. */
export function troubleOfStatus(
  status: number,
  { host }: URL,
  retryAfterMs?: number,
): DownloadTrouble {
  const isPassing = status >= 500 || status === 429 || status === 408;
  const meaning =
    status === 404 || status === 410
      ? "does not have the file"
      : status === 401 || status === 403 || status === 407
        ? "does not give the file away"
        : status === 429
          ? "has been asked too often"
          : isPassing
            ? "is out of order"
            : "gives an answer that cannot be used";
  return new DownloadTrouble(`${host} ${meaning} (HTTP ${status})`, { isPassing, retryAfterMs });
}

/** The last word on a download that did not come about. */
export function downloadFailed(trouble: DownloadTrouble, target: DownloadTarget): DubberError {
  const { name, url, path } = target;
  const byHand = `Or get ${withoutSecrets(url)} elsewhere, put it there as ${path}, and run \`dubber models verify ${name}\`.`;
  const first =
    trouble.hint ??
    (trouble.isPassing
      ? "Run the same command again when the network is there; it goes on where it stopped."
      : "See whether a newer Dubber knows another address.");
  return new DubberError("download_failed", `${trouble.message}; ${name} was not downloaded.`, {
    ...{ hint: `${first} ${byHand}`, retryable: trouble.isPassing, cause: trouble },
  });
}

/** An address without a user's name, password or signature. */
function withoutSecrets({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}
