/** OpenAI, or a server that speaks like it: where it is, how errors name it, and the client to ask it with. */
import type OpenAI from "openai";
import type { ServiceAnswer } from "./connection.ts";
import { refusalError, type ServiceName } from "./failure.ts";
import { askForModels, makeClient } from "./openai-client.ts";
import { understandRefusedKey } from "./openai-refusal.ts";
import { type Env, plainAddress, readAddress, readVariable } from "./settings.ts";

const title = "OpenAI";
const officialUrl = "https://api.openai.com/v1";

export type OpenaiServerOptions = {
  /**
   * `OPENAI_API_KEY`; `OPENAI_BASE_URL` for another server, which then may need no key; `OPENAI_ORG_ID` and
   * `OPENAI_PROJECT_ID` for whom to charge.
   */
  readonly env?: Env | undefined;
  /**
   * Where `STT_BASE_URL` (or `CHAT_BASE_URL`) is set, all of these variables count with that prefix instead: a server of its own, with a
   * key of its own. The one in `OPENAI_API_KEY` is not sent there.
   */
  readonly ownPrefix?: "STT" | "CHAT";
  /** A client of the caller's own, instead of `env`. Its retries and time limits do not count here. */
  readonly client?: OpenAI | undefined;
};

export type OpenaiServer = {
  readonly service: ServiceName;
  /** Where it is, without name and password; absent for OpenAI itself. */
  readonly otherAddress: string | undefined;
  /**
   * The client, made when it is first asked for.
   *
   * @throws DubberError `key_missing`; `key_refused` for a key that cannot be one.
   */
  client(): Promise<OpenAI>;
  /**
   * Asks something that costs nothing, to learn whether the key is taken.
   *
   * @throws DubberError `key_missing`, `key_refused`; the signal's reason.
   */
  checkKey(signal: AbortSignal): Promise<void>;
};

/**
 * Reads where the server is; asks nothing, and needs no key yet.
 *
 * @throws DubberError `invalid_options` (no address).
 */
export function openaiServer({
  env = {},
  ownPrefix,
  client: given,
}: OpenaiServerOptions): OpenaiServer {
  const isOwn = ownPrefix !== undefined && readVariable(env, `${ownPrefix}_BASE_URL`) !== undefined;
  const prefix = isOwn ? ownPrefix : "OPENAI";
  const [urlVariable, keyVariable] = [`${prefix}_BASE_URL`, `${prefix}_API_KEY`];
  const address = given ? new URL(given.baseURL) : readAddress(env, urlVariable);
  const url = address ?? new URL(officialUrl);
  const isOfficial = plainAddress(url) === officialUrl;
  const service = {
    title: isOfficial ? title : `The server at ${url.host}`,
    ...{ url, keyVariable },
    addressHint: `Check ${given ? "the client's baseURL" : urlVariable}: it usually ends in /v1.`,
    secrets: [given?.apiKey ?? readVariable(env, keyVariable) ?? "", url.password],
  };
  let making: Promise<OpenAI> | undefined;
  const client = async (): Promise<OpenAI> => {
    if (given !== undefined) return given;
    making ??= makeClient({ env, prefix, title, url, isKeyOptional: address !== undefined });
    return await making;
  };
  return {
    service,
    otherAddress: isOfficial ? undefined : plainAddress(url),
    client,
    async checkKey(signal) {
      const refused: ServiceAnswer | undefined = await askForModels(await client(), signal);
      const refusal = refused && understandRefusedKey(refused);
      if (refusal !== undefined) throw refusalError(service, refusal, {});
    },
  };
}
