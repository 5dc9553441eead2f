/** How the fake OpenAI refuses and fails: one shape for all its paths. */
import type { Answer, FakeRequest } from "./fake-service.ts";

type ErrorParts = { type?: string; param?: string | null; code?: string | null };

/** An error in OpenAI's shape. */
export function refuse(
  status: number,
  message: string,
  { type = "invalid_request_error", param = null, code = null }: ErrorParts = {},
): Answer {
  return { status, body: { error: { message, type, param, code } } };
}

/** The refusal of a key that is missing or wrong. */
export function refuseKey(headers: FakeRequest["headers"], key: string): Answer | undefined {
  const given = /^Bearer (.*)$/.exec(headers.authorization ?? "")?.[1];
  if (key === "" || given === key) return undefined;
  if (!given)
    return refuse(401, "You didn't provide an API key. Give it in an Authorization header.");
  // The real one repeats the key as well, with stars in the middle when it is long.
  const message = `Incorrect API key provided: ${given}. You can find your API key at https://platform.openai.com/account/api-keys.`;
  return refuse(401, message, { code: "invalid_api_key" });
}

/** The refusal of a parameter that the path does not have. */
export function refuseUnknown(
  body: FakeRequest["body"],
  known: readonly string[],
): Answer | undefined {
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const message = `Unrecognized request argument supplied: ${unknown}`;
  return refuse(400, message, { param: unknown, code: "unknown_parameter" });
}

/** The refusal of a call without a parameter it needs. */
export function refuseMissing(name: string): Answer {
  const message = `Missing required parameter: '${name}'.`;
  return refuse(400, message, { param: name, code: "missing_required_parameter" });
}

/** The refusal of a model that is not among the known ones. */
export function refuseModel(model: string, known: readonly string[]): Answer | undefined {
  if (known.includes(model)) return undefined;
  const message = `The model \`${model}\` does not exist or you do not have access to it.`;
  return refuse(404, message, { code: "model_not_found" });
}

/** What fails without the caller's doing, by status; without a code, the usual one of that status. */
export function fail(status: number, code?: string, message?: string): Answer {
  const usual = usualFailures[status];
  const named = code ?? usual?.code;
  const type = named === "insufficient_quota" ? named : usual?.type;
  return refuse(status, message ?? messages[named ?? ""] ?? usual?.message ?? "Something failed.", {
    ...(named !== undefined && { code: named }),
    ...(type !== undefined && { type }),
  });
}

const messages: Readonly<Record<string, string>> = {
  unreadable_body:
    "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload.",
  insufficient_quota:
    "You exceeded your current quota, please check your plan and billing details.",
};

const usualFailures: Readonly<
  Record<number, { readonly message: string; readonly type?: string; readonly code?: string }>
> = {
  401: { message: "Incorrect API key provided.", code: "invalid_api_key" },
  403: { message: "Country, region, or territory not supported", type: "request_forbidden" },
  404: { message: "The model does not exist.", code: "model_not_found" },
  429: {
    message: "Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1.",
    type: "requests",
    code: "rate_limit_exceeded",
  },
  500: {
    message: "The server had an error while processing your request. Sorry about that!",
    type: "server_error",
  },
  503: { message: "The engine is currently overloaded.", type: "server_error" },
};
