/** What a child process of the engine host runs: loads one engine module and answers the parent, call by call. */
import { pathToFileURL } from "node:url";
import { DubberError } from "../core/error.ts";
import {
  type EngineCall,
  type EngineModule,
  type EngineReply,
  type HostedEngine,
  toPlainError,
} from "./engine-protocol.ts";

// Ctrl-C reaches every process of the terminal; the parent decides what it means and ends us if need be.
process.on("SIGINT", () => {});
// The parent is gone, even if by SIGKILL. There is nothing to flush, and an engine may hold the process open.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

const [modulePath = "", settings = "null"] = process.argv.slice(2);
// An error that is no DubberError is not caught: Node prints it to stderr, where the parent keeps the last lines,
// and ends the process, which the parent takes as the engine's death.
await serve(modulePath, JSON.parse(settings));

async function serve(path: string, engineSettings: unknown): Promise<void> {
  await replyWith(async () => {
    const { openEngine } = (await import(pathToFileURL(path).href)) as EngineModule;
    const engine = await openEngine(engineSettings);
    process.on("message", (call: EngineCall) => {
      void replyWith(async () => ({ kind: "done", value: await answer(engine, call) }));
    });
    return { kind: "ready", ...(engine.version !== undefined && { version: engine.version }) };
  });
}

async function answer(
  { methods }: HostedEngine,
  { method, argument }: EngineCall,
): Promise<unknown> {
  const answering = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (answering === undefined) throw new Error(`The engine has no method "${method}".`);
  return answering(argument as never);
}

async function replyWith(work: () => Promise<EngineReply>): Promise<void> {
  try {
    send(await work());
  } catch (error) {
    if (!(error instanceof DubberError)) throw error;
    send({ kind: "failed", error: toPlainError(error) });
  }
}

function send(reply: EngineReply): void {
  process.send?.(reply);
}
