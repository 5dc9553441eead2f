/** Sound as server-sent events, the way OpenAI streams it. */
import type { Readable } from "node:stream";

/** OpenAI counts tokens; for others this is about right: four characters in, and twenty tokens a second of 128 kbit/s out. */
const charactersPerToken = 4;
const bytesPerToken = 800;

/**
 * @param characters of the text.
 * @returns events as text; an error event and a throw when the sound breaks off, never a clean end.
 */
export async function* speechEvents(
  bytes: Readable,
  { characters }: { readonly characters: number },
): AsyncGenerator<string> {
  let count = 0;
  try {
    for await (const piece of bytes as AsyncIterable<Buffer>) {
      count += piece.length;
      yield event({ type: "speech.audio.delta", audio: piece.toString("base64") });
    }
  } catch (error) {
    yield event({
      type: "error",
      error: { message: "The sound broke off.", type: "server_error", code: "synthesis_error" },
    });
    throw error;
  }
  const input = Math.ceil(characters / charactersPerToken);
  const output = Math.ceil(count / bytesPerToken);
  yield event({
    type: "speech.audio.done",
    usage: { input_tokens: input, output_tokens: output, total_tokens: input + output },
  });
}

function event(data: Readonly<Record<string, unknown>>): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
