/** The same request sent twice is carried out once: answers under an Idempotency-Key, kept for a day. */
import { hashValue } from "../../core/hash.ts";
import { ApiError, invalidField } from "../api-error.ts";
import type { Idempotency, Owner, RememberedAnswer, TaskStore } from "../tasks/contract.ts";

/** Requests with a key that are being answered right now, in this process. */
export type InFlight = Set<string>;

export type Keyed<T> = {
  /** Carries the request out; `remember` goes along with what it writes. */
  readonly fresh: (remember: Idempotency | undefined) => Promise<T>;
  /** Makes the answer again from what was kept. */
  readonly replay: (answer: RememberedAnswer) => T;
};

export type KeyedRequest = {
  readonly owner: Owner;
  /** The header as it came. */
  readonly header: string | string[] | undefined;
  /** Everything that makes the request what it is; a plain value. */
  readonly request: unknown;
  readonly nowMs: number;
};

/**
 * @throws ApiError `idempotency_in_flight`, `idempotency_mismatch`, `validation_error` for a key that is none.
 */
export async function withIdempotency<T>(
  { tasks, inFlight }: { readonly tasks: TaskStore; readonly inFlight: InFlight },
  { owner, header, request, nowMs }: KeyedRequest,
  { fresh, replay }: Keyed<T>,
): Promise<T> {
  if (header === undefined) return await fresh(undefined);
  const key = Array.isArray(header) ? header.join(", ") : header;
  if (!/^[\x21-\x7e][\x20-\x7e]{0,254}$/.test(key)) {
    throw invalidField("Idempotency-Key", "1 to 255 printable ASCII characters", {
      said: "Idempotency-Key takes 1 to 255 printable ASCII characters.",
    });
  }
  const place = `${owner}\n${key}`;
  const requestHash = hashValue(request);
  if (inFlight.has(place)) {
    throw new ApiError(
      "idempotency_in_flight",
      "A request with this Idempotency-Key is being answered right now.",
      {
        retryAfter: 1,
      },
    );
  }
  inFlight.add(place);
  try {
    const known = await tasks.recall(owner, key, nowMs);
    if (known !== undefined) return replay(sameRequest(known, requestHash));
    return await fresh({ key, requestHash });
  } finally {
    inFlight.delete(place);
  }
}

/** @throws ApiError `idempotency_mismatch`. */
export function sameRequest(answer: RememberedAnswer, requestHash: string): RememberedAnswer {
  if (answer.requestHash === requestHash) return answer;
  throw new ApiError("idempotency_mismatch", "This Idempotency-Key was used for another request.");
}
