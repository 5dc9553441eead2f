/** What hearing and asking cost, as far as prices are known. */

import type { Asker, ChatRequest } from "../chat/chat-model.ts";
import type { Bill } from "../core/bill.ts";
import type { Seconds } from "../core/segment.ts";
import type { CheckedOptions } from "./options.ts";

/** US dollars for so much sound, by the recogniser's name. */
export function priceOfSound(name: string, seconds: Seconds, options: CheckedOptions): number {
  return name === "openai" ? (seconds / 60) * options.rateSttOpenaiPerMin : 0;
}

/** Characters of a token: about 4 in English, fewer elsewhere; too few rather than too many, for it is money that is set aside. */
const charactersPerToken = 2.5;

/** US dollars for tokens of a chat model. */
export function priceOfTokens(
  { input, output }: { readonly input: number; readonly output: number },
  { rateGptInPerMtok, rateGptOutPerMtok }: CheckedOptions,
): number {
  return (input * rateGptInPerMtok + output * rateGptOutPerMtok) / 1_000_000;
}

/** Text of a video the model reads before it writes the texts for YouTube, at most, and the tokens of its answer. */
const youtubeQuestion = { characters: 24_000, answerTokens: 1500 };

/**
 * US dollars for all questions about a text, before they are asked. For a translation the text goes with instructions and context about three times
 * its length, and comes back three times; polishing reads it about twice and writes it once. Rewording is not in it: nobody knows yet what
 * will not fit.
 *
 * @param asked what is to be done with it.
 */
export function priceOfText(
  characters: number,
  options: CheckedOptions,
  asked: {
    readonly isTranslated: boolean;
    readonly isPolished: boolean;
    readonly isPublished: boolean;
  },
): number {
  const tokens = characters / charactersPerToken;
  const read = Math.min(characters, youtubeQuestion.characters) / charactersPerToken;
  const price = (input: number, output: number) => priceOfTokens({ input, output }, options);
  return (
    (asked.isTranslated ? price(tokens * 4, tokens * 3) : 0) +
    (asked.isPolished ? price(tokens * 2, tokens) : 0) +
    (asked.isPublished ? price(read, youtubeQuestion.answerTokens) : 0)
  );
}

/** Tokens a question will take, before it is asked; its answer is taken to be as long as what it is about. */
function expectedTokens({ system, user, schema }: ChatRequest) {
  const question = system.length + user.length + JSON.stringify(schema).length;
  return { input: question / charactersPerToken, output: user.length / charactersPerToken };
}

/**
 * The same model, with every question on the bill.
 *
 * @returns an asker whose questions throw `too_expensive` instead of going beyond it.
 */
export function billedAsker(asker: Asker, bill: Bill, options: CheckedOptions): Asker {
  return {
    ...asker,
    async ask(request, call) {
      const expected = expectedTokens(request);
      const pay = bill.reserve(
        priceOfTokens(expected, options),
        "More questions to the language model",
      );
      try {
        const reply = await asker.ask(request, call);
        pay(priceOfTokens(reply.usage ?? expected, options));
        return reply;
      } catch (error) {
        pay(0);
        throw error;
      }
    },
  };
}
