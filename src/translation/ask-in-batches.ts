/** Asks a model about many items, several in a question: what comes back wrong is asked again, then in halves, down to one item. */
import { AnswerError, toEngineError, type Usage } from "../chat/ask-for.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import { type BatchLimits, cutIntoBatches, halves } from "./batches.ts";
import type { Spent } from "./contract.ts";

/** What one answer is worth. */
export type Checked<Value> =
  | { readonly verdict: "good"; readonly value: Value; readonly warnings: readonly string[] }
  /** Asked again once; taken with its warnings when nothing better comes. */
  | {
      readonly verdict: "doubtful";
      readonly value: Value;
      readonly warnings: readonly string[];
      readonly problem: string;
    }
  /** Never taken. */
  | { readonly verdict: "wrong"; readonly problem: string };

/** What became of an item. */
export type Outcome<Value> =
  | { readonly value: Value; readonly warnings: readonly string[] }
  /** `problem` is what was wrong with the last answer that came; absent where none could be read. */
  | { readonly error: DubberError; readonly problem?: string };

export type BatchWork<Item, Answer, Value> = {
  readonly limits: BatchLimits;
  readonly sizeOf: (item: Item) => number;
  /** Questions in flight at most. */
  readonly lanes: number;
  /**
   * Asks about some items.
   *
   * @param about `problems`: what was wrong with the answers of the time before; `isLast`: it is one item, asked about for the last
   *   time, so that whatever else the question holds had better be left out: the model may stumble over that.
   * @returns one answer for each, in their order.
   * @throws AnswerError; DubberError.
   */
  readonly ask: (
    items: readonly Item[],
    about: { readonly problems: ReadonlyMap<Item, string>; readonly isLast: boolean },
    call: Call,
  ) => Promise<{ readonly answers: readonly Answer[]; readonly usage: Usage }>;
  readonly check: (item: Item, answer: Answer) => Checked<Value>;
  /** Called once for each item, as soon as its outcome is certain. */
  readonly onDone: (item: Item, outcome: Outcome<Value>) => void;
};

/** After a question that was cut, later ones hold half as many items, but not fewer than this. */
const leastAfterCut = 4;
/** So many items failed, each asked about alone, and none ever got an answer: this model will not do. */
const hopelessItems = 5;

/**
 * Finds an outcome for every item.
 *
 * A question whose answer is none is asked a second time (one that was cut is not), items with doubtful or wrong answers too; what is
 * still wrong is asked in two halves. A batch of n items so takes at most 4n − 2 questions. When five items failed by
 * themselves before anything was ever right, the rest fail without being asked about.
 *
 * @param items no two are the same object.
 * @returns what it cost.
 * @throws DubberError for what every question would meet: everything but `engine_failed`. Questions in flight are waited for, and their
 *   answers count; the signal's reason.
 */
export async function askInBatches<Item extends object, Answer, Value>(
  items: readonly Item[],
  work: BatchWork<Item, Answer, Value>,
  call: Call = {},
): Promise<Spent> {
  const run = new Run(work, call);
  const batches = cutIntoBatches(items, work.limits, work.sizeOf);
  await mapConcurrent(batches, Math.max(1, work.lanes), (batch) => run.solve(batch), call);
  return run.spent;
}

/** The batches of one call, and what they learn from each other. */
class Run<Item extends object, Answer, Value> {
  readonly #work: BatchWork<Item, Answer, Value>;
  readonly #call: Call;
  /** The best answer so far of items that have only doubtful ones. */
  readonly #doubtful = new Map<Item, { value: Value; warnings: readonly string[] }>();
  readonly #problems = new Map<Item, string>();
  #spent: Spent = { questions: 0, inputTokens: 0, outputTokens: 0 };
  #mostItems = Number.POSITIVE_INFINITY;
  #isUseful = false;
  #failedAlone = 0;
  #ended: { readonly error: unknown } | undefined;

  constructor(work: BatchWork<Item, Answer, Value>, call: Call) {
    this.#work = work;
    this.#call = call;
  }

  get spent(): Spent {
    return this.#spent;
  }

  async solve(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    if (items.length > this.#mostItems) return await this.#solveHalves(items);
    const first = await this.#askOnce(items);
    if (first.left.length === 0) return;
    const isAskedAgain =
      items.length === 1 || !(first.error instanceof AnswerError && first.error.why === "cut");
    const second = isAskedAgain
      ? await this.#askOnce(first.left, { isLast: first.left.length === 1 })
      : first;
    const wrong = second.left.filter((item) => !this.#settleDoubtful(item));
    const wasAlone = isAskedAgain && first.left.length === 1;
    if (wrong.length > 1) await this.#solveHalves(wrong);
    else if (!wasAlone) await this.solve(wrong);
    else for (const item of wrong) this.#fail(item, second.error);
  }

  async #solveHalves(items: readonly Item[]): Promise<void> {
    for (const half of halves(items)) await this.solve(half);
  }

  /** @returns the items without a good answer, and why there was none at all. */
  async #askOnce(
    items: readonly Item[],
    { isLast }: { readonly isLast: boolean } = { isLast: false },
  ): Promise<{ left: readonly Item[]; error?: AnswerError | DubberError }> {
    if (this.#ended !== undefined) throw this.#ended.error;
    this.#call.signal?.throwIfAborted();
    if (this.#isHopeless()) return { left: items, error: hopelessError() };
    try {
      const { answers, usage } = await this.#work.ask(
        items,
        { problems: this.#problems, isLast },
        this.#call,
      );
      this.#count(usage);
      return { left: items.filter((item, index) => !this.#take(item, answers[index] as Answer)) };
    } catch (error) {
      if (error instanceof AnswerError) {
        this.#count(error.usage);
        if (error.why === "cut") {
          const half = Math.max(leastAfterCut, Math.ceil(items.length / 2));
          this.#mostItems = Math.min(this.#mostItems, half);
        }
        return { left: items, error };
      }
      if (error instanceof DubberError && error.code === "engine_failed") {
        this.#count({ input: 0, output: 0 });
        return { left: items, error };
      }
      this.#ended ??= { error };
      throw error;
    }
  }

  /** @returns true when the item is done. */
  #take(item: Item, answer: Answer): boolean {
    const checked = this.#work.check(item, answer);
    if (checked.verdict === "wrong") {
      this.#problems.set(item, checked.problem);
      return false;
    }
    this.#isUseful = true;
    const { value, warnings } = checked;
    if (checked.verdict === "good") {
      this.#work.onDone(item, { value, warnings });
      return true;
    }
    this.#problems.set(item, checked.problem);
    const before = this.#doubtful.get(item);
    if (before === undefined || warnings.length < before.warnings.length) {
      this.#doubtful.set(item, { value, warnings });
    }
    return false;
  }

  #settleDoubtful(item: Item): boolean {
    const best = this.#doubtful.get(item);
    if (best !== undefined) this.#work.onDone(item, best);
    return best !== undefined;
  }

  #fail(item: Item, error: AnswerError | DubberError | undefined): void {
    this.#failedAlone += 1;
    const problem = this.#problems.get(item);
    const reason = error instanceof AnswerError ? toEngineError(error) : error;
    this.#work.onDone(item, {
      error: reason ?? wrongAnswerError(problem ?? ""),
      ...(error === undefined && problem !== undefined && { problem }),
    });
  }

  #isHopeless(): boolean {
    return !this.#isUseful && this.#failedAlone >= hopelessItems;
  }

  #count({ input, output }: Usage): void {
    const { questions, inputTokens, outputTokens } = this.#spent;
    this.#spent = {
      questions: questions + 1,
      inputTokens: inputTokens + input,
      outputTokens: outputTokens + output,
    };
  }
}

function wrongAnswerError(problem: string): DubberError {
  return new DubberError(
    "engine_failed",
    `The language model's answer cannot be used: ${problem}`,
    {
      hint: "Write this line by hand, or use another model.",
    },
  );
}

function hopelessError(): DubberError {
  return new DubberError(
    "engine_failed",
    `The language model was not asked: ${hopelessItems} lines in a row got no answer that could be used.`,
    { hint: "Use another model, one that can answer in the shape of a JSON schema." },
  );
}
