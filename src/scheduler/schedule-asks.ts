/** Lets many ask at once what answers one request per call. The contract says what that means. */
import { checkOptions } from "./checked-options.ts";
import type { Askable, Scheduled, SchedulerOptions } from "./contract.ts";
import { Dispatcher } from "./dispatcher.ts";

/**
 * Calls that are worth having for `slots` of them: those between two tries leave no slot idle. Not many more, since whoever waits for a
 * disk holds its result meanwhile.
 */
function lanesFor(slots: number): number {
  return Math.ceil(slots * 1.25) + 4;
}

/**
 * Puts a scheduler in front of what is to be asked. Nothing is asked of it before the first call; closing the result closes it.
 *
 * @throws DubberError `invalid_options` for options out of their range.
 */
export function scheduleAsks<Request, Result>(
  askable: Askable<Request, Result>,
  options: SchedulerOptions = {},
): Scheduled<Request, Result> {
  const checked = checkOptions(askable, options);
  const dispatcher = new Dispatcher(askable, checked);
  let closing: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    closing ??= Promise.all([dispatcher.close(), askable.close()]);
    await closing;
  };
  return {
    ask: (request, call = {}) => dispatcher.ask(request, call),
    retries: checked.retries,
    lanes: lanesFor(checked.highest),
    state: () => dispatcher.state,
    close,
    [Symbol.asyncDispose]: close,
  };
}
