/** Shows how far a download is: a moving line on a terminal, a line now and then elsewhere, events for programs. */
import type { PullProgress } from "../models/pull.ts";
import type { Output } from "./output.ts";
import type { World } from "./world.ts";

export type DownloadProgress = {
  show(progress: PullProgress): void;
  /** Takes the moving line away. */
  end(): void;
};

const redrawMs = 100;
/** Where nothing moves. */
const plainMs = 10_000;

/** @param name the model's. */
export function openDownloadProgress(
  output: Output,
  name: string,
  { stderr: stream, env, now }: Pick<World, "stderr" | "env" | "now">,
): DownloadProgress {
  const moves = stream.isTTY === true && env.TERM !== "dumb";
  const pauseMs = output.style === "people" && moves ? redrawMs : plainMs;
  let shownAt = output.style === "json" || moves ? Number.NEGATIVE_INFINITY : now();
  let first: { readonly at: number; readonly bytes: number } | undefined;
  let isDrawn = false;

  return {
    show(progress) {
      first ??= { at: now(), bytes: progress.doneBytes };
      if (now() - shownAt < pauseMs) return;
      shownAt = now();
      const { path, doneBytes, totalBytes } = progress;
      output.event({
        ...{ type: "progress", model: name, file: path, doneBytes },
        ...(totalBytes !== undefined && { totalBytes }),
      });
      if (output.style !== "people") return;
      const line = `${name}: ${words(progress, first, now())}`;
      if (!moves) return output.say(line);
      stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
      isDrawn = true;
    },
    end() {
      if (isDrawn) stream.write("\r\x1b[2K");
      isDrawn = false;
    },
  };
}

function words(
  { doneBytes, totalBytes }: PullProgress,
  first: { readonly at: number; readonly bytes: number },
  at: number,
): string {
  const seconds = (at - first.at) / 1000;
  const perSecond = seconds > 0 ? (doneBytes - first.bytes) / seconds : 0;
  const of = totalBytes === undefined ? "" : ` of ${megabytes(totalBytes)}`;
  const pace = perSecond > 0 ? `, ${megabytes(perSecond)}/s` : "";
  const left =
    perSecond > 0 && totalBytes !== undefined
      ? `, ${Math.ceil((totalBytes - doneBytes) / perSecond)} s left`
      : "";
  return `${megabytes(doneBytes)}${of}${pace}${left}`;
}

/** Bytes in millions: `103.6 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
