import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerError, type AnswerFault } from "../chat/ask-for.ts";
import { DubberError } from "../core/error.ts";
import { askInBatches, type BatchWork, type Outcome } from "./ask-in-batches.ts";
import { cutIntoBatches } from "./batches.ts";

type Item = { readonly id: number };
type Answer = "good" | "doubtful" | "wrong";

const itemsOf = (count: number): Item[] => Array.from({ length: count }, (_, id) => ({ id }));
const usage = { input: 1, output: 1 };

/** Asks with a model that is a function; keeps what it was asked and what became of every item. */
function setUp(
  reply: (
    items: readonly Item[],
    question: number,
    problems: ReadonlyMap<Item, string>,
  ) => readonly Answer[],
  { most = 20, lanes = 1 } = {},
) {
  const asked: number[][] = [];
  const outcomes = new Map<number, Outcome<number>>();
  const work: BatchWork<Item, Answer, number> = {
    ...{ limits: { items: most, size: 1000 }, lanes, sizeOf: () => 1 },
    ask: async (items, { problems }) => {
      const question = asked.push(items.map(({ id }) => id)) - 1;
      await new Promise<void>((resolve) => setImmediate(resolve));
      return { answers: reply(items, question, problems), usage };
    },
    check: ({ id }, answer) => {
      if (answer === "wrong") return { verdict: "wrong", problem: "no good" };
      if (answer === "good") return { verdict: "good", value: id, warnings: [] };
      return { verdict: "doubtful", value: id, warnings: ["perhaps"], problem: "look" };
    },
    onDone: ({ id }, outcome) => {
      if (outcomes.has(id)) throw new Error(`${id} was done twice`);
      outcomes.set(id, outcome);
    },
  };
  return { work, asked, outcomes };
}

const all = (items: readonly Item[], answer: Answer): Answer[] => items.map(() => answer);
const fail = (why: AnswerFault): never => {
  throw new AnswerError(why, `The answer was ${why}.`, usage);
};

describe("cutIntoBatches", () => {
  it("keeps all items in order, within both limits", () => {
    const sizes = fc.array(fc.nat(120), { maxLength: 80 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 9 }), (list, most) => {
        const batches = cutIntoBatches(list, { items: most, size: 100 }, (size) => size);
        expect(batches.flat()).toEqual(list);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(most);
          const sum = batch.reduce((a, b) => a + b, 0);
          expect(batch.length === 1 || sum <= 100).toBe(true);
        }
      }),
    );
  });
});

describe("askInBatches", () => {
  it("asks once about a batch that comes back good", async () => {
    const { work, asked, outcomes } = setUp((items) => all(items, "good"));
    const spent = await askInBatches(itemsOf(45), work);
    expect(asked.map(({ length }) => length)).toEqual([20, 20, 5]);
    expect(outcomes.size).toBe(45);
    expect(spent).toEqual({ questions: 3, inputTokens: 3, outputTokens: 3 });
  });

  it("asks a second time, then in halves, down to one item", async () => {
    const { work, asked, outcomes } = setUp((items) =>
      items.some(({ id }) => id === 2) ? fail("refused") : all(items, "good"),
    );
    await askInBatches(itemsOf(4), work);
    expect(asked).toEqual([[0, 1, 2, 3], [0, 1, 2, 3], [0, 1], [2, 3], [2, 3], [2], [2], [3]]);
    expect(outcomes.get(2)).toMatchObject({ error: { code: "engine_failed" } });
    expect([0, 1, 3].every((id) => "value" in (outcomes.get(id) ?? {}))).toBe(true);
  });

  it("does not repeat a question whose answer was cut, and asks smaller ones from then on", async () => {
    const { work, asked } = setUp((items) => (items.length > 5 ? fail("cut") : all(items, "good")));
    await askInBatches(itemsOf(40), work);
    expect(asked.map(({ length }) => length)).toEqual([20, 10, 5, 5, 5, 5, 5, 5, 5, 5]);
  });

  it("asks again only about items that came back wrong, and says why", async () => {
    const { work, asked } = setUp((items, question, problems) => {
      if (question === 1)
        expect([...problems].map(([{ id }, why]) => [id, why])).toEqual([[3, "no good"]]);
      return items.map(({ id }) => (id === 3 && question === 0 ? "wrong" : "good"));
    });
    await askInBatches(itemsOf(6), work);
    expect(asked).toEqual([[0, 1, 2, 3, 4, 5], [3]]);
  });

  it("takes a doubtful answer with its warnings when the second one is no better", async () => {
    const { work, asked, outcomes } = setUp((items, question) =>
      items.map(({ id }) => (id === 0 ? (question === 0 ? "doubtful" : "wrong") : "good")),
    );
    await askInBatches(itemsOf(2), work);
    expect(asked).toEqual([[0, 1], [0]]);
    expect(outcomes.get(0)).toEqual({ value: 0, warnings: ["perhaps"] });
  });

  it("asks alone about an item whose neighbours are settled before it fails", async () => {
    const { work, asked, outcomes } = setUp((items, question) => {
      if (question === 0) return items.map(({ id }) => (id === 0 ? "doubtful" : "wrong"));
      return question === 1 ? fail("refused") : all(items, "good");
    });
    await askInBatches(itemsOf(2), work);
    expect(asked).toEqual([[0, 1], [0, 1], [1]]);
    expect(outcomes.get(1)).toMatchObject({ value: 1 });
  });

  it("gives up on a model that never says anything of use", async () => {
    const { work, asked, outcomes } = setUp(() => fail("no_json"));
    await askInBatches(itemsOf(200), work);
    expect(outcomes.size).toBe(200);
    expect(asked.length).toBeLessThan(40);
    expect(outcomes.get(199)).toMatchObject({
      error: { message: expect.stringContaining("5 lines") },
    });
  });

  it.each(["key_refused", "quota_exhausted", "unknown_model", "service_down"] as const)(
    "ends at once with %s, and keeps what had come",
    async (code) => {
      const error = new DubberError(code, "For everybody.");
      const { work, asked, outcomes } = setUp((items, question) => {
        if (question === 1) throw error;
        return all(items, "good");
      });
      await expect(askInBatches(itemsOf(100), work)).rejects.toBe(error);
      expect(asked).toHaveLength(2);
      expect(outcomes.size).toBe(20);
    },
  );

  it("asks nothing more in any lane after such an error", async () => {
    const error = new DubberError("key_refused", "For everybody.");
    const { work, asked } = setUp(
      (_, question) => {
        if (question === 0) throw error;
        return fail("no_json");
      },
      { lanes: 3 },
    );
    await expect(askInBatches(itemsOf(100), work)).rejects.toBe(error);
    expect(asked).toHaveLength(3);
  });

  it("ends with the caller's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { work, asked } = setUp((items) => {
      controller.abort(reason);
      return all(items, "wrong");
    });
    await expect(askInBatches(itemsOf(40), work, controller)).rejects.toBe(reason);
    expect(asked).toHaveLength(1);
  });

  it("finds one outcome for every item within 4n − 2 questions a batch, whatever the model does", async () => {
    const faults = ["cut", "refused", "no_json", "wrong_shape"] as const;
    const mood = fc.oneof(
      fc.constantFrom(...faults),
      fc.array(fc.constantFrom<Answer>("good", "good", "doubtful", "wrong"), {
        minLength: 1,
        maxLength: 7,
      }),
    );
    const moods = fc.array(mood, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        moods,
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        async (list, count, most, lanes) => {
          const { work, asked, outcomes } = setUp(
            (items, question) => {
              const now = list[question % list.length] as AnswerFault | Answer[];
              if (typeof now === "string") return fail(now);
              return items.map((_, index) => now[index % now.length] as Answer);
            },
            { most, lanes },
          );
          const spent = await askInBatches(itemsOf(count), work);
          expect([...outcomes.keys()].sort((a, b) => a - b)).toEqual(
            itemsOf(count).map(({ id }) => id),
          );
          for (const [id, outcome] of outcomes)
            if ("value" in outcome) expect(outcome.value).toBe(id);
          expect(spent.questions).toBe(asked.length);
          const full = Math.floor(count / most);
          const rest = count % most;
          expect(asked.length).toBeLessThanOrEqual(
            full * (4 * most - 2) + Math.max(0, 4 * rest - 2),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
