/** Server-sent events as a client gets them. */

export type SentEvent = {
  readonly id?: string;
  readonly event?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of any shape.
  readonly data?: any;
  /** A line that begins with a colon. */
  readonly comment?: string;
};

/** Reads the events of an answer to its end, or to the end of the loop. @throws when the connection breaks. */
export async function* readEvents(answer: Response): AsyncGenerator<SentEvent> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(piece, { stream: true });
    for (let at = text.indexOf("\n\n"); at >= 0; at = text.indexOf("\n\n")) {
      yield parseEvent(text.slice(0, at));
      text = text.slice(at + 2);
    }
  }
  if (text !== "") throw new Error(`The stream ended in the middle of an event: ${text}`);
}

function parseEvent(text: string): SentEvent {
  const fields = text.split("\n").map((line) => {
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1).replace(/^ /, "");
    return [colon === 0 ? "comment" : line.slice(0, colon), value] as const;
  });
  const found = Object.fromEntries(fields) as Record<string, string>;
  return { ...found, ...(found.data !== undefined && { data: JSON.parse(found.data) }) };
}

export async function allEvents(answer: Response): Promise<SentEvent[]> {
  const events: SentEvent[] = [];
  for await (const event of readEvents(answer)) events.push(event);
  return events;
}
