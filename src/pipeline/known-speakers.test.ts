import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifySpeakers, recognizeAgain } from "./known-speakers.ts";
import type { KnownSpeaker } from "./voices-file.ts";

const [low, high, other] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const speaker = (label: string, more: Partial<KnownSpeaker> = {}): KnownSpeaker => ({
  ...{ label, name: label, voices: {} },
  ...more,
});
function namesThere(own: readonly KnownSpeaker[], shared: readonly KnownSpeaker[]) {
  const labels = own.map(({ label }) => label);
  return [...identifySpeakers(labels, own, shared).values()].map(({ there }) => there?.name);
}

describe("identifySpeakers", () => {
  it("never takes a number of one video for the same number of another", () => {
    const shared = [speaker("Speaker 1", { print: low })];
    expect(namesThere([speaker("Speaker 1", { print: high })], shared)).toEqual([undefined]);
    expect(namesThere([speaker("Speaker 1")], shared)).toEqual([undefined]);
    expect(namesThere([speaker("Speaker 1")], [speaker("Speaker 1")])).toEqual([undefined]);
  });

  it("knows a voice under whatever number", () => {
    const shared = [speaker("Speaker 1", { print: low }), speaker("Olga", { print: high })];
    const own = [
      speaker("Speaker 1", { print: [0.1, 0.9, 0] }),
      speaker("Speaker 2", { print: [0.9, 0.1, 0] }),
    ];
    expect(namesThere(own, shared)).toEqual(["Olga", "Speaker 1"]);
  });

  it("gives a person to the label that sounds most like them, and to no other", () => {
    const own = [
      speaker("Speaker 1", { print: [0.8, 0.6, 0] }),
      speaker("Speaker 2", { print: low }),
    ];
    expect(namesThere(own, [speaker("Ann", { print: low })])).toEqual([undefined, "Ann"]);
  });

  it("believes a name that was given more than a print", () => {
    const shared = [speaker("Ann", { print: low }), speaker("Olga", { print: high })];
    const own = [speaker("Speaker 1", { name: "Ann", print: high })];
    expect(namesThere(own, shared)).toEqual(["Ann"]);
    expect(namesThere([speaker("Olga")], shared)).toEqual(["Olga"]);
  });

  it("never hands out a person twice by print", () => {
    const print = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 });
    const prints = fc.array(print, { maxLength: 8 });
    fc.assert(
      fc.property(prints, prints, (heard, known) => {
        const own = heard.map((one, index) => speaker(`Speaker ${index + 1}`, { print: one }));
        const shared = known.map((one, index) => speaker(`Person ${index}`, { print: one }));
        const found = namesThere(own, shared).filter((name) => name !== undefined);
        expect(new Set(found).size).toBe(found.length);
      }),
    );
  });
});

describe("recognizeAgain", () => {
  const own = [
    speaker("Speaker 1", { name: "Ann", print: low, voices: { e: "a" } }),
    speaker("Speaker 2", { print: high, voices: { e: "b" } }),
  ];

  it("follows the prints where labels have swapped", () => {
    const heard = [
      { label: "Speaker 1", print: high },
      { label: "Speaker 2", print: low },
    ];
    expect(recognizeAgain(heard, own)).toEqual([
      speaker("Speaker 1", { print: high, voices: { e: "b" } }),
      speaker("Speaker 2", { name: "Ann", print: low, voices: { e: "a" } }),
    ]);
  });

  it("goes by label where prints cannot be compared", () => {
    expect(recognizeAgain([{ label: "Speaker 1", print: [1, 0] }], own)).toContainEqual(
      speaker("Speaker 1", { name: "Ann", print: [1, 0], voices: { e: "a" } }),
    );
    expect(recognizeAgain([{ label: "Speaker 1" }], own)).toContainEqual(own[0]);
  });

  it("keeps whoever has a name and is not heard any more, beside the stranger with their label", () => {
    expect(recognizeAgain([{ label: "Speaker 1", print: other }], own)).toEqual([
      speaker("Ann", { print: low, voices: { e: "a" } }),
      own[1],
      speaker("Speaker 1", { print: other }),
    ]);
  });
});
