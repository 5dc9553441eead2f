import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DubberError } from "../core/error.ts";
import type { SoundPart } from "./cut-sound.ts";
import { partCache } from "./part-cache.ts";
import { type PartOutcome, type RecognizeOptions, recognizeParts } from "./recognize-parts.ts";
import type { RecognitionRequest, RecognitionResult } from "./recognizer.ts";
import { onePhrase } from "./testing/synthetic-sound.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Parts one after the other; the first sample of each is its number. A length below 0 is silence. */
async function* partsOf(...lengths: readonly number[]): AsyncGenerator<SoundPart> {
  let start = 0;
  for (const [index, length] of lengths.entries()) {
    const end = start + Math.abs(length);
    const samples = new Int16Array(Math.abs(length) * 16_000);
    samples[0] = index;
    const speech = length > 0 ? [{ start, end }] : [];
    yield { index, start, end, samples, speech, hasSpeech: length > 0 };
    start = end;
  }
}
const numberOf = ({ samples }: RecognitionRequest): number => samples[0] ?? -1;
const hear =
  (answer: (part: number, request: RecognitionRequest) => Partial<RecognitionResult> | Error) =>
  async (request: RecognitionRequest): Promise<RecognitionResult> => {
    const part = answer(numberOf(request), request);
    if (part instanceof Error) throw part;
    return onePhrase(request, `part ${numberOf(request)}`, part);
  };
const run = (
  lengths: readonly number[],
  recognize: RecognizeOptions["recognize"],
  options: Partial<RecognizeOptions> = {},
) => recognizeParts(partsOf(...lengths), { recognize, limit: 3, ...options });

describe("recognizeParts", () => {
  it("gives results in the order of the sound, whatever order they come in, and asks for no silence", async () => {
    const releases: (() => void)[] = [];
    const outcomes: PartOutcome[] = [];
    const asked: number[] = [];
    const result = run(
      [10, -20, 5, 8],
      async (request) => {
        asked.push(numberOf(request));
        const answered = new Promise<void>((resolve) => releases.push(resolve));
        if (releases.length === 3) for (const release of releases.reverse()) release();
        await answered;
        return onePhrase(request, `part ${numberOf(request)}`);
      },
      { onPart: (outcome) => outcomes.push(outcome) },
    );
    const { parts, askedSeconds } = await result;
    expect(asked).toEqual([0, 2, 3]);
    expect(parts.map(({ result }) => result.phrases[0]?.text)).toEqual([
      "part 0",
      undefined,
      "part 2",
      "part 3",
    ]);
    expect(askedSeconds).toBe(23);
    expect(outcomes.map(({ index, status }) => `${index} ${status}`).sort()).toEqual([
      "0 heard",
      "1 silent",
      "2 heard",
      "3 heard",
    ]);
  });

  it("never asks for more parts at once than it may, and pulls none it has no room for", async () => {
    let running = 0;
    let most = 0;
    let pulled = 0;
    let ended = 0;
    async function* counted() {
      for await (const part of partsOf(...Array<number>(20).fill(1))) {
        pulled++;
        expect(pulled - ended).toBeLessThanOrEqual(2 * 3 + 1);
        yield part;
      }
    }
    await recognizeParts(counted(), {
      limit: 3,
      async recognize(request) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        ended++;
        return onePhrase(request, "text");
      },
    });
    expect(most).toBe(3);
    expect(ended).toBe(20);
  });

  it("finishes the others when a part fails for good, names its time, and asks only for it the next time", async () => {
    const cache = partCache(directory, "1");
    const broken = new DubberError("service_down", "The service did not answer.", {
      retryable: true,
    });
    const first = run(
      [30, 40, 50],
      hear((part) => (part === 1 ? broken : {})),
      { cache },
    );
    await expect(first).rejects.toMatchObject({
      code: "service_down",
      message:
        "1 of 3 parts of the sound could not be recognised: 0:30–1:10. The service did not answer.",
      retryable: true,
      cause: broken,
    });
    const asked: number[] = [];
    const again = await run(
      [30, 40, 50],
      hear((part) => {
        asked.push(part);
        return {};
      }),
      { cache },
    );
    expect(asked).toEqual([1]);
    expect(again.askedSeconds).toBe(40);
    expect(again.parts.map(({ result }) => result.phrases.length)).toEqual([1, 1, 1]);
  });

  it("stops at once at what every part would meet", async () => {
    let asked = 0;
    const refused = new DubberError("key_refused", "The key is not valid.");
    const wrongKey = run(
      Array<number>(50).fill(2),
      hear(() => {
        asked++;
        return refused;
      }),
    );
    await expect(wrongKey).rejects.toBe(refused);
    expect(asked).toBeLessThanOrEqual(3);
    const fault = new TypeError("a fault of ours");
    await expect(
      run(
        [2, 2],
        hear(() => fault),
      ),
    ).rejects.toBe(fault);
  });

  it("stops with the signal's own reason, and tells those in work", async () => {
    const ending = new AbortController();
    const reason = new Error("enough");
    let told = 0;
    const stopped = recognizeParts(
      partsOf(...Array<number>(50).fill(2)),
      {
        limit: 2,
        recognize: (_request, { signal }) =>
          new Promise((_, reject) => {
            signal?.addEventListener("abort", () => {
              told++;
              reject(signal.reason);
            });
            setImmediate(() => ending.abort(reason));
          }),
      },
      { signal: ending.signal },
    );
    await expect(stopped).rejects.toBe(reason);
    expect(told).toBe(2);
  });

  it("hands on the recogniser's own warnings, each once", async () => {
    const { warnings } = await run(
      [5, 5],
      hear(() => ({ warnings: ["The prompt was cut."] })),
    );
    expect(warnings).toEqual(["The prompt was cut."]);
  });
});

describe("recognizeParts, languages", () => {
  it("asks in the language that is stated, and reports it", async () => {
    const stated = new Set<string | undefined>();
    const { language, warnings } = await run(
      [10, 10],
      hear((_part, request) => {
        stated.add(request.language);
        return { language: "en" };
      }),
      { language: "es" },
    );
    expect([...stated]).toEqual(["es"]);
    expect(language).toBe("es");
    expect(warnings).toEqual([]);
  });

  it("finds the language most is said in, by time and not by parts", async () => {
    const { language } = await run(
      [4, 4, 4, 60],
      hear((part) => ({ language: part < 3 ? "es" : "en-US" })),
    );
    expect(language).toBe("en");
  });

  it("hears a short part again that came out in another language, with the main one stated", async () => {
    const asked: [number, string | undefined][] = [];
    const { parts, language, warnings, askedSeconds } = await run(
      [2, 50, 40],
      hear((part, request) => {
        asked.push([part, request.language]);
        return { language: part === 0 ? (request.language ?? "cy") : "en" };
      }),
    );
    expect(language).toBe("en");
    expect(asked.at(-1)).toEqual([0, "en"]);
    expect(asked).toHaveLength(4);
    expect(parts[0]?.result.language).toBe("en");
    expect(askedSeconds).toBe(94);
    expect(warnings).toEqual([]);
  });

  it("hears a long part again only if the recogniser does not trust its words", async () => {
    const again: number[] = [];
    const { warnings } = await run([50, 40, 30, 60], async (request) => {
      const part = numberOf(request);
      if (request.language !== undefined) again.push(part);
      const language = request.language ?? (part === 1 || part === 2 ? "es" : "en");
      const confidence = part === 2 ? -1.3 : -0.2;
      return {
        ...onePhrase(request, "text", { language }),
        phrases: [{ start: 0, end: 30, text: "text", confidence }],
      };
    });
    expect(again).toEqual([2]);
    expect(warnings).toEqual([
      "Mostly English is spoken, but also Spanish (0:50–1:30); all of it was written down as it was said. " +
        "State the language with --source-language if that is a mistake.",
    ]);
  });

  it("keeps what it had when hearing again fails for one part, and says so as for any part", async () => {
    const down = new DubberError("service_down", "Down.");
    const failing = run(
      [2, 50],
      hear((part, { language }) => (language ? down : { language: part ? "en" : "cy" })),
    );
    await expect(failing).rejects.toMatchObject({
      code: "service_down",
      message: expect.stringContaining("0:00–0:02"),
    });
  });

  it("takes no nonsense for a language", async () => {
    const { language } = await run(
      [20, 5],
      hear((part) => ({ language: part === 0 ? "not a language!" : "de" })),
    );
    expect(language).toBe("de");
    expect(
      (
        await run(
          [20],
          hear(() => ({})),
        )
      ).language,
    ).toBeUndefined();
  });
});
