/** Fetches what a task has made, and makes sure that it is that. */
import type { Call } from "../core/call.ts";
import { DubberApiError } from "./error.ts";
import type { Http } from "./http.ts";
import type { SpeechResult } from "./tasks.ts";

/** A result of speech, or a path of the server, as results name it: `videoUrl`, `audioUrl`, `subtitlesUrl`. */
export type Downloadable = SpeechResult | string;

type Wanted = {
  readonly path: string;
  readonly sha256?: string;
  readonly bytes?: number;
};

export async function downloadBytes(
  http: Http,
  what: Downloadable,
  call: Call,
): Promise<Uint8Array<ArrayBuffer>> {
  const wanted = toWanted(what);
  return await http.ask({ path: wanted.path }, call, async (answer) => {
    const bytes = await answer.bytes();
    check(wanted, await sha256Of(bytes), bytes.length);
    return bytes;
  });
}

export async function downloadFile(
  http: Http,
  what: Downloadable,
  path: string,
  call: Call,
): Promise<void> {
  const wanted = toWanted(what);
  const { saveLocalFile } = await import("./local-file.ts");
  await http.ask({ path: wanted.path }, call, async (answer) => {
    await saveLocalFile(path, answer.pieces(), (sha256, size) => check(wanted, sha256, size));
  });
}

function toWanted(what: Downloadable): Wanted {
  const wanted =
    typeof what === "string"
      ? { path: what }
      : { path: what.audioUrl, sha256: what.sha256, bytes: what.bytes };
  // The key is for this server only.
  if (/^\/(?!\/)/.test(wanted.path)) return wanted;
  throw new TypeError(`${wanted.path} is no path of the server, such as /api/v1/audio/….`);
}

/** @param sha256 undefined where the platform cannot tell, as on unsafe pages of browsers; the size is known everywhere. */
function check(wanted: Wanted, sha256: string | undefined, sizeBytes: number): void {
  const isWhole = wanted.bytes === undefined || wanted.bytes === sizeBytes;
  const isSame = [wanted.sha256, sha256].includes(undefined) || wanted.sha256 === sha256;
  if (isWhole && isSame) return;
  throw new DubberApiError(
    "connection_error",
    `What arrived is not the file the server has: ${sizeBytes} bytes of ${wanted.bytes}.`,
  );
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const digest = await crypto.subtle?.digest("SHA-256", bytes);
  if (digest === undefined) return undefined;
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
