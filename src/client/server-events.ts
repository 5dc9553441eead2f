/** Reads server-sent events, as the HTML standard describes them. */

export type ServerEvent = {
  /** `message` where none is said. */
  readonly type: string;
  readonly data: string;
  /** The last id there was. */
  readonly id: string | undefined;
};

/** @param pieces of UTF-8, cut anywhere. An event that is not complete at the end is none. */
export async function* readServerEvents(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerEvent, void, undefined> {
  let [type, data, id] = ["", [] as string[], undefined as string | undefined];
  for await (const line of linesOf(pieces)) {
    if (line === "") {
      if (data.length > 0) yield { type: type || "message", data: data.join("\n"), id };
      [type, data] = ["", []];
      continue;
    }
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === "event") type = value;
    if (field === "data") data.push(value);
    if (field === "id") id = value;
  }
}

async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of pieces) {
    rest += decoder.decode(piece, { stream: true });
    // A final CR may be half of an end of line.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
