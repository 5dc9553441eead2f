/** What zod finds wrong with a request, in words for whoever sent it. Words of our own schemas are left as they are. */

/** As the validator hands it on. */
type Issue = {
  readonly keyword: string;
  readonly message?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
};

/** zod's own words; anything else was written for people already. */
const zodsOwn = /^(Invalid input|Invalid option|Too small|Too big|Unrecognized key)/;

/** @returns half a sentence that goes on after the field's name, such as «it is missing». */
export function plainIssue({ keyword, message = "", params }: Issue): string {
  if (!zodsOwn.test(message)) return message || "it cannot be used";
  const { origin, minimum, maximum, expected, values } = params;
  if (keyword === "unrecognized_keys" && Array.isArray(params.keys)) {
    return `there is no option ${params.keys.join(", ").slice(0, 200)}`;
  }
  if (message.endsWith("received undefined")) return "it is missing";
  if (keyword === "invalid_type") return `it has to be of the type ${expected}`;
  if (keyword === "invalid_value" && Array.isArray(values)) {
    return `it takes ${values.join(", ")}`;
  }
  if (keyword === "too_small") {
    if (origin !== "string") return `it has to be ${minimum} at least`;
    return minimum === 1 ? "it is empty" : `it has to have ${minimum} characters at least`;
  }
  if (keyword === "too_big") {
    return origin === "string"
      ? `it has more than ${maximum} characters`
      : `it has to be ${maximum} at most`;
  }
  return "it cannot be used";
}
