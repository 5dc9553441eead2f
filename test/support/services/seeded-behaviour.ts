/** Latencies and faults that look like chance and repeat themselves: the same call, the same fate, in any order of arrival. */
import { seededRandom } from "../seeded-random.ts";
import type { FakeRequest } from "./fake-service.ts";
import { hash } from "./fake-speech.ts";
import type { Fault } from "./fault.ts";

export type SeededLatency = {
  readonly baseMs?: number;
  readonly perCharacterMs?: number;
  /** The largest deviation, as a share of the latency, to both sides; 0 by default. */
  readonly jitter?: number;
};

type Call = Pick<FakeRequest, "text" | "attempt">;

/** How long a call takes, ms: grows with the length of its text. */
export function seededLatency(
  seed: number,
  { baseMs = 0, perCharacterMs = 0, jitter = 0 }: SeededLatency,
): (call: Call) => number {
  return ({ text, attempt }) => {
    const noise = 1 + jitter * (2 * drawFor(seed, text, attempt) - 1);
    return (baseMs + perCharacterMs * text.length) * noise;
  };
}

/** Lets a share of all calls fail, each in one of five ways that another try may mend. */
export function seededFaults(seed: number, failShare: number): (call: Call) => Fault | undefined {
  return ({ text, attempt }) => {
    const draw = drawFor(seed + 1, text, attempt);
    if (draw >= failShare) return undefined;
    return passingFaults[Math.floor((draw / failShare) * passingFaults.length)];
  };
}

const passingFaults: readonly Fault[] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 503 },
  { kind: "cut" },
  { kind: "reset" },
  { kind: "html" },
];

function drawFor(seed: number, text: string, attempt: number): number {
  return seededRandom(hash(`${seed} ${attempt} ${text}`))();
}
