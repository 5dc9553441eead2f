/** The official client: made here, or by a caller who has its own key, headers and connections. */
import type OpenAI from "openai";
import { BrokenAnswer, type ServiceAnswer } from "./connection.ts";
import { type Env, plainAddress, readKey, readVariable } from "./settings.ts";

/** Servers on one's own machine ask for no key; the client insists on one. */
const noKey = "none";

/** As long as timers can be: the client would give up by itself, and our caller's signal ends calls. */
const longestCallMs = 2 ** 31 - 1;

/** What the client would tell every server about this machine. */
const untold = [
  ...["retry-count", "timeout", "lang", "package-version", "os", "arch", "runtime"],
  "runtime-version",
];

/**
 * Loads the package and makes a client that neither waits nor tries again. What `env` does not hold is not looked up in the process's
 * own environment.
 *
 * @param env `OPENAI_API_KEY`, `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID`, or the same with another prefix.
 * @param url of the API; a name and password in it stand for a key.
 * @throws DubberError `key_missing`, `key_refused`.
 */
export async function makeClient({
  env,
  prefix,
  title,
  url,
  isKeyOptional,
}: {
  readonly env: Env;
  readonly prefix: string;
  readonly title: string;
  readonly url: URL;
  readonly isKeyOptional: boolean;
}): Promise<OpenAI> {
  const apiKey = readKey(env, `${prefix}_API_KEY`, { title, isOptional: isKeyOptional });
  const { default: Client } = await import("openai");
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const isByName = apiKey === undefined && url.username !== "";
  return new Client({
    apiKey: apiKey ?? noKey,
    baseURL: plainAddress(url),
    organization: readVariable(env, `${prefix}_ORG_ID`) ?? null,
    project: readVariable(env, `${prefix}_PROJECT_ID`) ?? null,
    adminAPIKey: null,
    webhookSecret: null,
    logLevel: "off",
    maxRetries: 0,
    defaultHeaders: {
      ...Object.fromEntries(untold.map((name) => [`x-stainless-${name}`, null])),
      ...(isByName && { authorization: `Basic ${Buffer.from(login).toString("base64")}` }),
    },
  });
}

/** What every request is sent with: it ends with the signal, and neither waits nor tries again by itself. */
export type ClientOptions = {
  readonly signal: AbortSignal;
  readonly maxRetries: 0;
  /** Ms. */
  readonly timeout: number;
};

/**
 * Asks once, whatever the client's own retries and time limits are.
 *
 * @param ask sends the request with these options and hands on the answer unread: `asResponse()` where the client would read it.
 * @throws {@link BrokenAnswer}; what the client throws when there is no answer.
 */
export async function askClient(
  ask: (options: ClientOptions) => PromiseLike<Response>,
  signal: AbortSignal,
): Promise<ServiceAnswer> {
  try {
    const response = await ask({ signal, maxRetries: 0, timeout: longestCallMs });
    const { status, headers } = response;
    const buffer = await response.arrayBuffer().catch((error: unknown) => {
      throw new BrokenAnswer(status, 0, error);
    });
    return { status, headers: Object.fromEntries(headers), body: new Uint8Array(buffer) };
  } catch (error) {
    const refused = readRefusal(error);
    if (refused === undefined) throw error;
    return refused;
  }
}

/**
 * Asks for the list of models, which costs nothing. Whatever is wrong with that is nobody's business, as long as it is no refusal.
 *
 * @returns the refusal; undefined when there was none, when no answer came, and for a client that cannot ask.
 */
export async function askForModels(
  client: OpenAI,
  signal: AbortSignal,
): Promise<ServiceAnswer | undefined> {
  try {
    await client.models.list({ signal, maxRetries: 0, timeout: longestCallMs });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return readRefusal(error);
  }
}

/** The answer behind the client's error for a refusal; it is known by its shape, for it may come from another copy of the package. */
function readRefusal(error: unknown): ServiceAnswer | undefined {
  const isRefusal =
    error instanceof Error &&
    "status" in error &&
    typeof error.status === "number" &&
    "headers" in error &&
    error.headers instanceof Headers;
  if (!isRefusal) return undefined;
  const { status, headers } = error as { status: number; headers: Headers };
  const said = "error" in error && error.error ? error.error : { message: error.message };
  const body = new TextEncoder().encode(JSON.stringify({ error: said }));
  return { status, headers: Object.fromEntries(headers), body };
}
