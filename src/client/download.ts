/** Fetches what a task has made, and makes sure that it is that. */
import type { Call } from "../core/call.ts";
import { DubberApiError } from "./error.ts";
import type { Http } from "./http.ts";
import { fetchResult, type TaskRef, type TaskResult } from "./tasks.ts";

/**
 * A task or its result: its sound is meant, of a dub its video. Or a path of the server as results name it, `/api/v1/audio/…`: what
 * begins with `/` is one.
 */
export type Downloadable = TaskRef | TaskResult;

type Wanted = {
  readonly path: string;
  readonly sha256?: string;
  readonly bytes?: number;
};

/** Fetches into memory. */
export async function downloadBytes(
  http: Http,
  what: Downloadable,
  call: Call,
): Promise<Uint8Array<ArrayBuffer>> {
  const wanted = await find(http, what, call);
  return await http.ask({ path: wanted.path }, call, async (answer) => {
    const bytes = await answer.bytes();
    check(wanted, await sha256Of(bytes), bytes.length);
    return bytes;
  });
}

/** Fetches into a file, which is either whole or not there. @param to path on this machine. */
export async function downloadFile(
  http: Http,
  what: Downloadable,
  { to, ...call }: Call & { readonly to: string },
): Promise<void> {
  const wanted = await find(http, what, call);
  // Not above: where there are no files, nobody needs it.
  const { saveLocalFile } = await import("./local-file.ts");
  await http.ask({ path: wanted.path }, call, async (answer) => {
    await saveLocalFile(to, answer.pieces(), (sha256, size) => check(wanted, sha256, size));
  });
}

async function find(http: Http, what: Downloadable, call: Call): Promise<Wanted> {
  if (typeof what === "string" && what.startsWith("/")) return { path: what };
  const isTask = typeof what === "string" || "taskId" in what;
  const result: TaskResult = isTask ? await fetchResult(http, what, call) : what;
  if ("subtitlesUrl" in result) return { path: result.videoUrl ?? result.audioUrl };
  return { path: result.audioUrl, sha256: result.sha256, bytes: result.bytes };
}

/** @param sha256 undefined where the platform cannot tell, as on unsafe pages of browsers; the size is known everywhere. */
function check(wanted: Wanted, sha256: string | undefined, sizeBytes: number): void {
  const isWhole = wanted.bytes === undefined || wanted.bytes === sizeBytes;
  const isSame = [wanted.sha256, sha256].includes(undefined) || wanted.sha256 === sha256;
  if (isWhole && isSame) return;
  throw new DubberApiError(
    "connection_error",
    `What arrived is not the file the server has: ${sizeBytes} bytes came, ${wanted.bytes} were to come.`,
  );
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const digest = await crypto.subtle?.digest("SHA-256", bytes);
  if (digest === undefined) return undefined;
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
