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
  /** 0 to below 1; the end itself belongs to whoever keeps the result. Never goes back. */
  readonly share: number;
  event(event: DubEvent): void;
  /** Of the sound on its own, 0 to 1. */
  sound(share: number): void;
};

/** @param job what has to be done for it. */
export function openDubProgress({
  burn,
  subtitles,
}: Pick<DubJob, "burn" | "subtitles">): DubProgress {
  const weights = {
    ...usual,
    ...(subtitles === undefined && { text: hearing }),
    ...(burn === "hard" && { file: drawing }),
  };
  const total = order.reduce((sum, part) => sum + weights[part], 0);
  let reached = 0;

  function reach(part: Part, share: number): void {
    const before = order.slice(0, order.indexOf(part)).reduce((sum, one) => sum + weights[one], 0);
    const whole = (before + weights[part] * Math.min(1, share)) / total;
    reached = Math.max(reached, Math.min(0.999, whole));
  }

  return {
    get share() {
      return reached;
    },
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
