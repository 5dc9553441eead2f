/** How far a dub is, from the events of its stages. */
import type { DubEvent, StageName } from "../../pipeline/events.ts";
import type { DubJob } from "./job.ts";

/** What the stages take of the whole, roughly: text, speaking, mixing, writing the file, and the sound on its own. */
type Part = "text" | "speech" | "mix" | "file" | "sound";
const order: readonly Part[] = ["text", "speech", "mix", "file", "sound"];
const usual: Readonly<Record<Part, number>> = { text: 2, speech: 60, mix: 15, file: 15, sound: 8 };
/** Where the words have to be heard first, and where every picture is encoded again. */
const hearing = 40;
const drawing = 80;

/** The extraction of the sound goes on beside the others and counts as nothing; the texts for YouTube are made in no time. */
const parts: Readonly<Partial<Record<StageName, Part>>> = {
  ...{ recognition: "text", polish: "text", prep: "text", synth: "speech", mix: "mix" },
  burn: "file",
};
/** Stages whose end is the end of their part. */
const last: readonly StageName[] = ["prep", "synth", "mix", "burn"];

export type DubProgress = {
  event(event: DubEvent): void;
  /** Of the sound on its own, 0 to 1. */
  sound(share: number): void;
};

/**
 * @param tell gets shares from 0 to below 1, each above the one before.
 * @param everyMs at most this often.
 * @param now ms.
 */
export function openDubProgress(
  { burn, subtitles }: Pick<DubJob, "burn" | "subtitles">,
  tell: (share: number) => void,
  { everyMs = 300, now = () => performance.now() } = {},
): DubProgress {
  const weights = {
    ...usual,
    ...(subtitles === undefined && { text: hearing }),
    ...(burn === "hard" && { file: drawing }),
  };
  const total = order.reduce((sum, part) => sum + weights[part], 0);
  let reached = 0;
  let told = { share: 0, atMs: Number.NEGATIVE_INFINITY };

  function reach(part: Part, share: number): void {
    const before = order.slice(0, order.indexOf(part)).reduce((sum, one) => sum + weights[one], 0);
    // The end itself belongs to whoever keeps the result.
    const whole = Math.min(0.999, (before + weights[part] * Math.min(1, share)) / total);
    reached = Math.max(reached, whole);
    if (reached <= told.share || now() - told.atMs < everyMs) return;
    told = { share: reached, atMs: now() };
    tell(reached);
  }

  return {
    event(event) {
      const part = "stage" in event ? parts[event.stage] : undefined;
      if (part === undefined) return;
      if (event.type === "progress") reach(part, shareOf(event));
      else if (event.type === "stage" && event.status !== "started" && last.includes(event.stage)) {
        reach(part, 1);
      }
    },
    sound: (share) => reach("sound", share),
  };
}

/** Of speaking by characters, since lines differ much. */
function shareOf({ done, total, speech }: DubEvent & { readonly type: "progress" }): number {
  const [reached, whole] =
    speech === undefined ? [done, total] : [speech.charactersDone, speech.charactersTotal];
  return whole > 0 ? reached / whole : 0;
}
