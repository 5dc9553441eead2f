/** Every answer that is a refusal goes through here: the envelope, the headers, and the form OpenAI's clients know. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { ApiErrorBody } from "../../api/errors.ts";
import { ApiError, toApiError } from "../api-error.ts";

/** What Fastify throws, and what else can go wrong, as a refusal. */
export function describeRequestError(error: unknown): ApiError {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(({ instancePath, message }) => ({
      field: instancePath.slice(1).replaceAll("/", ".") || "body",
      message: message ?? "cannot be used",
    }));
    const [first] = errors;
    return new ApiError("validation_error", `${first?.field}: ${first?.message}`, {
      details: { errors },
    });
  }
  const { statusCode: status, code = "" } = error as Partial<FastifyError>;
  if (status === 413) {
    return new ApiError("payload_too_large", "The request is larger than the server takes.");
  }
  if (/^FST_ERR_CTP_(INVALID_JSON_BODY|EMPTY_JSON_BODY|INVALID_CONTENT_LENGTH)$/.test(code)) {
    return new ApiError("validation_error", "The body is no JSON, or was cut off.", {
      details: { errors: [{ field: "body", message: "not valid JSON" }] },
    });
  }
  if (typeof status === "number" && status >= 400 && status < 500 && !(error instanceof ApiError)) {
    const message =
      status === 415
        ? "The body has a content type that is not taken here."
        : "The request cannot be read.";
    return new ApiError("http_error", message, { status, cause: error });
  }
  return toApiError(error);
}

/** Sends a refusal, in OpenAI's form below `/v1/`. */
export async function sendError(
  error: ApiError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { code, status, message, details, retryAfter } = error;
  reply.code(status).type("application/json");
  if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
  if (status === 401) reply.header("www-authenticate", "Bearer");
  // Clients that try again by themselves take a 409 for a lock; these are none.
  if (status === 409 && code !== "idempotency_in_flight") reply.header("x-should-retry", "false");
  endUnreadBody(request, reply);
  const path = request.url.split("?", 1)[0] ?? "/";
  const body: ApiErrorBody = { error: code, message, details: { path, ...details } };
  // Already in its final form; the route's schemas are for good answers.
  return reply
    .serializer((value) => value as string)
    .send(JSON.stringify(isOpenai(path) ? openaiError(error) : body));
}

export function isOpenai(path: string): boolean {
  return path === "/v1" || path.startsWith("/v1/");
}

/** OpenAI's clients choose their error class by status, and show `message`. */
function openaiError({ code, status, message, details }: ApiError) {
  const types: Readonly<Record<number, string>> = {
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
  };
  const type = types[status] ?? (status >= 500 ? "server_error" : "invalid_request_error");
  const [first] = (details.errors ?? []) as readonly { readonly field: string }[];
  return { error: { message, type, param: first?.field ?? null, code } };
}

/** How long a client that is still sending may take to read its refusal, ms. */
const lingerMs = 1000;

/** What a refused client still has to send is not read to its end: it may be gigabytes. */
function endUnreadBody({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return;
  reply.header("connection", "close");
  reply.raw.once("finish", () => {
    const timer = setTimeout(() => raw.socket.destroy(), lingerMs);
    raw.socket.once("close", () => clearTimeout(timer));
  });
}
