/** One text spoken by a service: ask, and make sound of its answer. */
import { askService, type ServiceAsk, type ServiceAskCall } from "../../service/ask.ts";
import { readSound } from "./sound-answer.ts";
import type { Sound } from "./wav-answer.ts";

export type ServiceSpeech = ServiceAsk & {
  /** What is to be spoken; the sound's length is judged by it. */
  readonly text: string;
  /** Hz, for a service that sends bare samples without a type. */
  readonly bareRate?: number;
};

/**
 * Asks once.
 *
 * @throws DubberError as `Synthesizer.speak` does for a service; the signal's reason.
 */
export async function askForSound(speech: ServiceSpeech, call: ServiceAskCall): Promise<Sound> {
  const { service, text, bareRate } = speech;
  const answer = await askService(speech, call);
  const { title } = service;
  return readSound(answer, { title, text, ...(bareRate !== undefined && { bareRate }) });
}
