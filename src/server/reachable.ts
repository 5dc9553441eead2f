/** Does anybody answer where a voice engine is? For `/health`: a connection and nothing else, at most every few seconds. */
import { connect } from "node:net";

type Env = Readonly<Record<string, string | undefined>>;

/** Engine → the variable with its address, and the address where that is not set. Others are on this machine. */
const addresses: Readonly<Record<string, readonly [variable: string, usual?: string]>> = {
  openai: ["OPENAI_BASE_URL", "https://api.openai.com"],
  elevenlabs: ["ELEVENLABS_BASE_URL", "https://api.elevenlabs.io"],
  cosyvoice: ["COSYVOICE_URL"],
};

/** How long an answer is taken for true, and waited for, ms. */
const keptForMs = 3000;
const patienceMs = 2000;

/** @returns tells whether an engine, by its name, can be reached; true for one that is on this machine. */
export function openReachable({
  env,
  now,
}: {
  readonly env: Env;
  /** Unix ms. */
  readonly now: () => number;
}): (engine: string) => Promise<boolean> {
  const known = new Map<string, { readonly atMs: number; readonly answer: Promise<boolean> }>();
  return async (engine) => {
    const [variable = "", usual] = addresses[engine] ?? [];
    const url = URL.parse(env[variable]?.trim() || (usual ?? ""));
    if (url === null) return true;
    const last = known.get(engine);
    if (last !== undefined && now() - last.atMs < keptForMs) return await last.answer;
    const answer = canConnect(url);
    known.set(engine, { atMs: now(), answer });
    return await answer;
  };
}

async function canConnect({ protocol, hostname, port }: URL): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || (protocol === "https:" ? 443 : 80)),
    timeout: patienceMs,
  });
  socket.once("connect", () => resolve(true));
  socket.once("timeout", () => resolve(false));
  socket.once("error", () => resolve(false));
  return await promise.finally(() => socket.destroy());
}
