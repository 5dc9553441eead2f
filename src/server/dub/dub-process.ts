/** The process a dub runs in: takes one order, tells how far it is, and what has come of it. It is the leader of a process group. */
import { DubberError } from "../../core/error.ts";
import { keepHeapSmall } from "../../core/small-heap.ts";
import { toPlainError } from "../../host/engine-protocol.ts";
import type { DubOrder, DubReply } from "./dub-protocol.ts";
import { makeDub } from "./make-dub.ts";

// The server is gone, even if by SIGKILL: ffmpeg and the engines go with us. What is on the disk by now is gone on with.
process.on("disconnect", endGroup);
if (!process.connected) endGroup();
keepHeapSmall();
process.once("message", (order: DubOrder) => void work(order));

async function work(order: DubOrder): Promise<void> {
  try {
    const onProgress = (share: number): void => tell({ kind: "progress", share });
    tell({ kind: "done", made: await makeDub(order, { env: process.env, onProgress }) });
  } catch (error) {
    // An error nobody has foreseen ends the process: Node prints it to stderr, where the server keeps the last lines.
    if (!(error instanceof DubberError)) throw error;
    tell({ kind: "failed", error: toPlainError(error) });
  }
}

function tell(reply: DubReply): void {
  process.send?.(reply);
}

function endGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    // No group of its own, as on Windows.
    process.kill(process.pid, "SIGKILL");
  }
}
