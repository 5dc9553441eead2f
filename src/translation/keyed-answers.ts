/** Answers that name what they answer by a small number: as many as were asked for, in their order, or none. */
import { AnswerError, type Usage } from "../chat/ask-for.ts";

/**
 * Checks that answers carry the keys 1 to `count`, in order.
 *
 * @throws AnswerError `wrong_shape`, with what the answer cost.
 */
export function checkKeys<Answer extends { readonly n: number }>(
  answers: readonly Answer[],
  count: number,
  usage: Usage,
): readonly Answer[] {
  if (answers.length !== count) {
    const message = `The language model answered ${answers.length} lines where ${count} were asked for.`;
    throw new AnswerError("wrong_shape", message, usage);
  }
  const at = answers.findIndex(({ n }, index) => n !== index + 1);
  if (at === -1) return answers;
  const message = `The language model answered line ${answers[at]?.n} where line ${at + 1} was asked for.`;
  throw new AnswerError("wrong_shape", message, usage);
}
