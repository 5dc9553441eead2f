import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Segment } from "../core/segment.ts";
import { matchReview } from "./match-review.ts";
import { parseSubtitles } from "./parse.ts";
import { toSegments } from "./segments.ts";
import { formatSrt } from "./srt.ts";

const none = { edited: [], moved: [], dropped: [], added: [], split: [], joined: [] };

/** Ids that say nothing about the text, two seconds a segment, one between them. */
function prepare(...texts: readonly string[]): Segment[] {
  return texts.map((text, index) => ({
    id: `p${index}`,
    start: index * 3,
    end: index * 3 + 2,
    text,
    speaker: index % 2 === 0 ? "Ana" : "Bruno",
  }));
}

/** What a subtitle file keeps: no speakers, and ids made from the text. */
function asRead(segments: readonly Omit<Segment, "id">[]): Segment[] {
  return toSegments(segments.map(({ start, end, text }) => ({ start, end, text })));
}

const review = (prepared: readonly Segment[], ...cues: readonly Omit<Segment, "id">[]) =>
  matchReview(prepared, asRead(cues));
const idsOf = ({ segments }: { segments: readonly Segment[] }) => segments.map(({ id }) => id);

describe("matchReview", () => {
  const prepared = prepare("The first line.", "Then a second one.", "Yes.", "At last the end.");
  const [one, two, three, four] = prepared as [Segment, Segment, Segment, Segment];

  it("changes nothing where nothing was changed", () => {
    expect(review(prepared, ...prepared)).toEqual({ segments: prepared, changes: none });
  });

  it("keeps the id and the speaker of a segment whose text was edited", () => {
    const edit = { ...two, text: "Quite another sentence" };
    const { segments, changes } = review(prepared, one, edit, three, four);
    expect(segments[1]).toEqual({ ...edit, id: two.id, speaker: "Bruno" });
    expect(changes).toEqual({ ...none, edited: [two.id] });
  });

  it("keeps the id of a segment that was moved, or moved and corrected", () => {
    const away = { ...one, start: 40, end: 42 };
    const near = { ...two, start: 4.5, end: 6.5, text: "Then the second one." };
    const matched = review(prepared, near, three, four, away);
    expect(idsOf(matched)).toEqual([two.id, three.id, four.id, one.id]);
    expect(matched.changes).toEqual({ ...none, edited: [two.id], moved: [two.id, one.id] });
  });

  it("names what was dropped and what was added", () => {
    const added = { start: 5.1, end: 5.9, text: "Somebody coughs." };
    const { segments, changes } = review(prepared, one, two, added, three);
    expect(changes).toEqual({ ...none, added: [segments[2]?.id], dropped: [four.id] });
    expect(segments[2]?.id).toMatch(/^[0-9a-f]{8}$/);
  });

  it("gives an added segment the speaker of its nearest neighbour", () => {
    const added = { start: 5.1, end: 5.9, text: "And more." };
    expect(review(prepared, one, two, added, three, four).segments[2]?.speaker).toBe("Bruno");
  });

  it("leaves the id with the larger part of a split segment, whose parts have one speaker", () => {
    const parts = [
      { start: 3, end: 3.6, text: "Then" },
      { start: 3.6, end: 5, text: "a second one." },
    ];
    const { segments, changes } = review(prepared, one, ...parts, three, four);
    expect(segments[2]).toEqual({ ...parts[1], id: two.id, speaker: "Bruno" });
    expect(segments[1]?.id).not.toBe(two.id);
    expect(segments[1]?.speaker).toBe("Bruno");
    expect(changes).toEqual({ ...none, split: [two.id] });
  });

  it("leaves the id with the first of two equal parts", () => {
    const [twice] = prepare("Ja, ja.");
    const parts = [
      { start: 0, end: 1, text: "Ja," },
      { start: 1, end: 2, text: "ja." },
    ];
    expect(idsOf(review([twice as Segment], ...parts))[0]).toBe("p0");
  });

  it("gives joined segments the id of the first", () => {
    const joined = { start: one.start, end: two.end, text: `${one.text} ${two.text}` };
    const { segments, changes } = review(prepared, joined, three, four);
    expect(segments[0]).toEqual({ ...joined, id: one.id, speaker: "Ana" });
    expect(changes).toEqual({ ...none, joined: [one.id] });
  });

  it("does not take a segment that grew over a dropped one for a joined one", () => {
    const grown = { ...two, end: three.end, text: "Then, after all, a second one." };
    const { changes } = review(prepared, one, grown, four);
    expect(changes).toEqual({ ...none, edited: [two.id], moved: [two.id], dropped: [three.id] });
  });

  it("gives a word that crossed from one segment to the next no new id", () => {
    const left = { ...one, text: "The first" };
    const right = { ...two, text: "line. Then a second one." };
    expect(idsOf(review(prepared, left, right, three, four))).toEqual(["p0", "p1", "p2", "p3"]);
  });

  it("tells repeated texts apart by where they stand", () => {
    const same = prepare("Yes.", "No.", "Yes.", "Well.", "Yes.");
    const [a, b, c, d, e] = same as [Segment, Segment, Segment, Segment, Segment];
    expect(idsOf(review(same, b, c, d, e))).toEqual(["p1", "p2", "p3", "p4"]);
    expect(idsOf(review(same, a, b, d, { ...e, start: 12.3, end: 14 }))).toEqual([
      ...["p0", "p1", "p3", "p4"],
    ]);
    expect(idsOf(review(same, b, c, d, e, { ...a, start: 60, end: 62 }))).toEqual([
      ...["p1", "p2", "p3", "p4", "p0"],
    ]);
  });

  it("finds everything again after all times were shifted, edits and repeats too", () => {
    const texts = ["Yes.", "One.", "Yes.", "Two or three.", "Yes.", "Four.", "Yes."];
    const same = prepare(...texts);
    const shifted = same.map((segment) => {
      const text = segment.text === "Four." ? "Four of them." : segment.text;
      return { ...segment, start: segment.start + 3, end: segment.end + 3, text };
    });
    const matched = review(same, ...shifted.slice(1));
    expect(idsOf(matched)).toEqual(["p1", "p2", "p3", "p4", "p5", "p6"]);
    expect(matched.changes.edited).toEqual(["p5"]);
    expect(matched.changes.dropped).toEqual(["p0"]);
  });

  it("finds edits that are all alike after all times were shifted", () => {
    const same = prepare(...Array.from({ length: 20 }, (_, index) => `This is line ${index}.`));
    const shifted = same.map((segment, index) => {
      const [start, end] = [segment.start + 4, segment.end + 4];
      return { start, end, text: index % 2 === 0 ? `${segment.text} Yes.` : segment.text };
    });
    const matched = review(same, ...shifted);
    expect(idsOf(matched)).toEqual(same.map(({ id }) => id));
    expect(matched.changes.joined).toEqual([]);
  });

  it("never gives a new segment an id that another one had", () => {
    const read = asRead(prepare("Yes.", "No."));
    const more = [
      ...read,
      { start: 20, end: 21, text: "Yes." },
      { start: 30, end: 31, text: "Yes." },
    ];
    const ids = idsOf(review(read, ...more.slice(1)));
    expect(new Set(ids).size).toBe(3);
    const all = idsOf(review(read, ...more));
    expect(all.slice(0, 2)).toEqual(read.map(({ id }) => id));
    expect(new Set(all).size).toBe(4);
  });

  it("forgives the milliseconds a subtitle file rounds to", () => {
    const fine = prepared.map((one) => ({
      ...one,
      start: one.start + 1 / 3,
      end: one.end + 1 / 7,
    }));
    const { cues } = parseSubtitles(new TextEncoder().encode(formatSrt(fine)), { name: "a.srt" });
    expect(matchReview(fine, toSegments(cues)).changes).toEqual(none);
  });

  it("takes empty lists", () => {
    expect(matchReview([], [])).toEqual({ segments: [], changes: none });
    expect(review(prepared).changes.dropped).toEqual(["p0", "p1", "p2", "p3"]);
    expect(review([], one).changes.added).toHaveLength(1);
  });
});

/** Lines of several words, a third of them said again and again. */
const texts = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc
        .array(fc.string({ minLength: 2, maxLength: 7, unit: fc.constantFrom(..."abcdefgh") }), {
          minLength: 2,
          maxLength: 6,
        })
        .map((words) => words.join(" ")),
    },
    { weight: 1, arbitrary: fc.constantFrom("Yes.", "No.", "I see.") },
  ),
  { minLength: 1, maxLength: 40 },
);

/** One thing a person does to one line, and what comes of it. */
const changes = {
  nothing: (line: Segment) => [line],
  edit: (line: Segment) => [{ ...line, text: `${line.text} 1234 56789 3141 5926` }],
  rewrite: (line: Segment) => [{ ...line, text: `0 1 2 3 4 ${line.id}` }],
  nudge: (line: Segment) => [{ ...line, start: line.start - 0.3, end: line.end + 0.4 }],
  drop: () => [],
  insert: (line: Segment) => [
    line,
    { start: line.end + 0.2, end: line.end + 0.8, text: `99 ${line.id} 99` },
  ],
} as const;

type Change = keyof typeof changes;

describe("any review", () => {
  it("without a change has no changes", () => {
    fc.assert(
      fc.property(texts, (all) => {
        const prepared = prepare(...all);
        expect(review(prepared, ...prepared)).toEqual({ segments: prepared, changes: none });
      }),
    );
  });

  it("keeps the ids of all lines that are left, whatever was done to the others", () => {
    const doing = fc.array(fc.constantFrom(...(Object.keys(changes) as Change[])), {
      minLength: 40,
      maxLength: 40,
    });
    fc.assert(
      fc.property(texts, doing, (all, done) => {
        const prepared = prepare(...all);
        const cues = prepared.flatMap((line, index) => changes[done[index] ?? "nothing"](line));
        const matched = review(prepared, ...cues);
        const expected = prepared.filter((_, index) => done[index] !== "drop").map(({ id }) => id);
        const isNew = new Set(matched.changes.added);
        expect(idsOf(matched).filter((id) => !isNew.has(id))).toEqual(expected);
        expect(isNew.size).toBe(prepared.filter((_, index) => done[index] === "insert").length);
      }),
    );
  });

  it("with one line split, joined with the next or carried away keeps the ids of the others", () => {
    fc.assert(
      fc.property(texts, fc.nat(), fc.constantFrom("split", "join", "carry"), (all, at, what) => {
        const prepared = prepare(...all);
        const index = at % prepared.length;
        const line = prepared[index] as Segment;
        const next = prepared[index + 1];
        const others = prepared.filter((one) => one !== line && (what !== "join" || one !== next));
        const words = line.text.split(" ");
        const cues = {
          split: [
            { ...line, end: line.start + 1, text: words.slice(0, 1).join(" ") },
            { ...line, start: line.start + 1, text: words.slice(1).join(" ") },
          ].filter(({ text }) => text !== ""),
          join: [{ ...line, end: next?.end ?? line.end, text: `${line.text} ${next?.text ?? ""}` }],
          carry: [{ ...line, start: 1000, end: 1002 }],
        }[what as "split" | "join" | "carry"];
        const matched = review(prepared, ...[...others, ...cues].sort((a, b) => a.start - b.start));
        const ids = idsOf(matched);
        expect(ids).toEqual(expect.arrayContaining([line.id, ...others.map(({ id }) => id)]));
        expect(matched.changes.dropped).toEqual([]);
        expect(matched.changes.added).toEqual([]);
      }),
    );
  });

  it("gives every segment an id of its own, in the order of the review, and accounts for every line", () => {
    const cue = fc
      .tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }), fc.constantFrom(..."abcdefgh"))
      .map(([start, length, letter]) => ({
        start,
        end: start + length,
        text: `${letter} ${letter}x`,
      }));
    fc.assert(
      fc.property(fc.array(cue), fc.array(cue), (before, after) => {
        const prepared = before.map((one, index) => ({ ...one, id: `p${index}` }));
        const matched = review(prepared, ...after);
        const ids = idsOf(matched);
        expect(new Set(ids).size).toBe(after.length);
        expect(matched.segments.map(({ text }) => text)).toEqual(after.map(({ text }) => text));
        expect(review(prepared, ...after)).toEqual(matched);
        const gone = prepared.filter(({ id }) => !ids.includes(id)).map(({ id }) => id);
        expect(gone).toEqual(expect.arrayContaining([...matched.changes.dropped]));
      }),
    );
  });

  it("of five thousand lines is matched without comparing each with each", () => {
    const prepared = prepare(...Array.from({ length: 5000 }, (_, index) => `Line ${index % 700}.`));
    const cues = prepared.flatMap((line, index) => {
      if (index % 97 === 0) return [];
      return [index % 31 === 0 ? { ...line, text: `Edited ${index}.` } : line];
    });
    const matched = review(prepared, ...cues);
    expect(idsOf(matched)).toEqual(
      prepared.filter((_, index) => index % 97 !== 0).map(({ id }) => id),
    );
  });
});
