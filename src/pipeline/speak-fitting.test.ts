import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DubberError } from "../core/error.ts";
import type { Line, Segment } from "../core/segment.ts";
import { buildLines } from "../timeline/lines.ts";
import { planLines } from "../timeline/plan.ts";
import { groupLines } from "./lines.ts";
import { checkOptions } from "./options.ts";
import type { PlannedLine } from "./plan-file.ts";
import { type FittingInput, speakFitting } from "./speak-fitting.ts";
import type { Clip } from "./spoken-clips.ts";
import type { PreparedLine } from "./translation-file.ts";
import { wordSegments } from "./word-lines.ts";

const options = checkOptions({ video: "talk.mp4" });
/** Characters a second of the voice in these tests. */
const pace = 10;

function clipOf({ id, text }: Line): Clip {
  return {
    path: `${id}.wav`,
    speech: { start: 0, end: text.length / pace },
    levelDb: -20,
    voice: "v",
  };
}

/** Everything but the model is real: grouping, planning, choosing words. */
function fittingOf(prepared: readonly PreparedLine[], more: { readonly end?: number } = {}) {
  const segments: readonly Segment[] = prepared.map(({ id, start, end, text }) => ({
    id,
    start,
    end,
    text,
  }));
  const groups = groupLines(segments, options);
  const byId = new Map(prepared.map((line) => [line.id, line]));
  const spoken: string[] = [];
  const input: FittingInput<{ readonly clips: ReadonlyMap<string, Clip> }> = {
    ...{ segments, prepared: byId, rounds: 2 },
    texts: wordSegments(segments, byId, { last: undefined, pace: 15 }),
    makeLines: (now) => buildLines(now, groups),
    async speak(lines) {
      spoken.push(...lines.map(({ text }) => text));
      return { clips: new Map(lines.map((line) => [line.id, clipOf(line)])) };
    },
    plan(lines, clips, now) {
      const table = lines.map(({ id, slot }) => ({
        id,
        slot,
        duration: clips.get(id)?.speech.end ?? 0,
      }));
      const texts = new Map(now.map((segment) => [segment.id, segment]));
      return planLines(table, { end: more.end ?? 10_000 }).map((placed, index): PlannedLine => {
        const line = lines[index] as Line;
        const clip = clips.get(line.id) as Clip;
        return {
          ...placed,
          ...{ id: line.id, text: line.text, slot: line.slot, voice: "v", clip: "c.wav" },
          ...{ speech: clip.speech, levelDb: -20 },
          segments: line.segments.map((id) => texts.get(id) as Segment),
        };
      });
    },
  };
  return { input, spoken };
}

const word = fc.constantFrom("casa", "muro", "sol", "no", "jardín", "de", "la");
const wording = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 14 }), fc.constantFrom("", ".", ",", "?"))
  .map(([words, mark]) => words.join(" ") + mark);

describe("speakFitting", () => {
  it("plans every segment, however its wordings end and whatever is grouped with what", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ text: wording, short: wording, long: wording }), {
          minLength: 1,
          maxLength: 12,
        }),
        async (wordings) => {
          const prepared = wordings.map((one, index) => ({
            ...{ id: `s${index}`, start: index * 3, end: index * 3 + 2.6, ...one },
          }));
          const { lines, planned } = await speakFitting(fittingOf(prepared).input);
          const heard = planned.flatMap(({ segments }) => segments.map(({ id }) => id));
          expect(heard).toEqual(prepared.map(({ id }) => id));
          expect(planned.map(({ text }) => text)).toEqual(lines.map(({ text }) => text));
        },
      ),
    );
  });

  const tight: readonly PreparedLine[] = [
    {
      ...{ id: "a", start: 0, end: 2, source: "What a wall." },
      ...{
        text: "Qué muro tan largo y tan viejo, amigos.",
        short: "Qué muro largo y viejo, amigos.",
      },
      long: "Qué muro tan largo y tan viejo tenemos, amigos.",
    },
    { id: "b", start: 2.1, end: 4, text: "Sí, sí, es el muro de la casa.", source: "Yes." },
  ];

  it("speaks a line again in fewer words, and only that line", async () => {
    const { input, spoken } = fittingOf(tight, { end: 5.2 });
    const { planned, reworded } = await speakFitting({
      ...input,
      texts: new Map(tight.map(({ id, text }) => [id, text])),
    });
    expect(reworded).toBe(1);
    expect(planned.map(({ text }) => text).join(" ")).toContain("Qué muro largo y viejo, amigos.");
    expect(spoken.filter((text) => text.includes("largo y viejo"))).toHaveLength(1);
  });

  it("rewords nothing when no rounds are allowed", async () => {
    const { input, spoken } = fittingOf(tight, { end: 5.2 });
    const texts = new Map(tight.map(({ id, text }) => [id, text]));
    const { reworded } = await speakFitting({ ...input, texts, rounds: 0 });
    expect({ reworded, spoken: spoken.length }).toEqual({ reworded: 0, spoken: 1 });
  });

  it("keeps what is spoken when the language model fails, asks it no more, and says why", async () => {
    let asked = 0;
    const asker = {
      ...{ version: "m", lanes: 1 },
      async ask(): Promise<never> {
        asked += 1;
        throw new DubberError("quota_exhausted", "No money left.");
      },
    };
    const { input } = fittingOf(
      tight.map(({ short: _, ...line }) => line),
      { end: 5.2 },
    );
    const rewriter = {
      ...{ asker, memory: { get: () => undefined, set: () => {} } },
      manner: { to: "es", glossary: [], genders: {}, pace: 15 },
    };
    const { planned, trouble } = await speakFitting({ ...input, rewriter });
    expect(planned.length).toBeGreaterThan(0);
    expect({ code: trouble?.code, asked }).toEqual({ code: "quota_exhausted", asked: 1 });
  });
});
