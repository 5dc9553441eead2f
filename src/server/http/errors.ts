/** Every answer that is a refusal goes through here: the envelope, the headers, and the form OpenAI's clients know. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { ApiErrorBody } from "../../api/errors.ts";
import { ApiError, invalidField, toApiError } from "../api-error.ts";
import { plainIssue } from "./plain-issue.ts";
import { withUnreadBody } from "./unread-body.ts";

/** What Fastify throws, and what else can go wrong, as a refusal. */
export function describeRequestError(error: unknown): ApiError {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      field: issue.instancePath.slice(1).replaceAll("/", ".") || "body",
      message: plainIssue(issue),
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
    return invalidField("body", "not valid JSON", { said: "The body is no JSON, or was cut off." });
  }
  if (code === "FST_ERR_MAX_PARAM_LENGTH") return nothingThere();
  if (typeof status === "number" && status >= 400 && status < 500 && !(error instanceof ApiError)) {
    const message =
      status === 415
        ? "The body has a content type that is not taken here. Send application/json, or multipart/form-data where there is a file."
        : "The request cannot be read.";
    return new ApiError("http_error", message, { status, cause: error });
  }
  return toApiError(error);
}

export function nothingThere(): ApiError {
  const message = "There is nothing here; /docs lists what there is.";
  return new ApiError("http_error", message, { status: 404 });
}

/** Sends a refusal, in OpenAI's form below `/v1/`. */
export async function sendError(
  error: ApiError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { code, status: usual, message, details, retryAfter } = error;
  const path = request.url.split("?", 1)[0] ?? "/";
  // OpenAI's own 4xx for bad requests; its clients make their error class of it.
  const status = isOpenai(path) && usual === 422 ? 400 : usual;
  reply.code(status).type("application/json");
  if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
  if (status === 401) reply.header("www-authenticate", "Bearer");
  // Clients that try again by themselves take a 409 for a lock; these are none.
  if (status === 409 && code !== "idempotency_in_flight") reply.header("x-should-retry", "false");
  const body: ApiErrorBody = { error: code, message, details: { path, ...details } };
  const text = JSON.stringify(isOpenai(path) ? openaiError(error) : body);
  // Already in its final form; the route's schemas are for good answers.
  return reply.serializer((value) => value as string).send(withUnreadBody(text, request, reply));
}

/** The same for what is not even a request: written to the bare socket. */
export function refuseSocket(
  { code }: Error & { readonly code?: string },
  socket: Socket & { readonly _httpMessage?: { readonly headersSent: boolean } },
): void {
  // In the middle of an answer nothing can be said any more; Node's own handler asks the same.
  if (code === "ECONNRESET" || !socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy();
    return;
  }
  const status =
    code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  const body: ApiErrorBody = {
    ...{ error: "http_error", message: "The request cannot be read." },
    details: { path: "" },
  };
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(text)}`,
      ...["Connection: close", "", text],
    ].join("\r\n"),
    () => socket.destroySoon(),
  );
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
  // The core calls it so.
  const param = first?.field === "text" ? "input" : (first?.field ?? null);
  return { error: { message, type, param, code } };
}
