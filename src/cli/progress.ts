/** Shows running jobs: one moving line on a terminal, plain lines now and then elsewhere. */
import type { DubEvent, StageName } from "../pipeline/events.ts";
import { formatAttempt } from "../scheduler/call-log.ts";
import type { Output } from "./output.ts";
import { type ProgressEvent, progressLine, progressText, titles } from "./progress-line.ts";
import type { World } from "./world.ts";

export type Progress = {
  show(event: DubEvent): void;
  /** Takes the job off the moving line, so that what is printed next stands by itself. */
  end(): void;
};

export type ProgressBoard = {
  /** A job's part of the board; with what tells it from the others where there are several. */
  open(about?: JobName): Progress;
};

/** As it was asked for. */
export type JobName = { readonly video?: string; readonly to?: string };

/** Often enough to look alive, seldom enough to cost nothing. */
const redrawMs = 100;
/** Where nothing moves: a line after this long, or after a tenth of the work if that is not sooner than a second. */
const plainMs = 10_000;
const plainShare = 0.1;
const plainLeastMs = 1000;

type Stage = { startedAt: number; saidAt: number; saidShare: number };

/**
 * A moving line is drawn only where stderr is a terminal and NO_COLOR's sibling for motion, TERM=dumb, is not set.
 */
export function openProgressBoard(
  output: Output,
  { stderr: stream, env, now }: Pick<World, "stderr" | "env" | "now">,
): ProgressBoard {
  const moves = stream.isTTY === true && env.TERM !== "dumb";
  /** What runs now, by job, in the order in which they were opened. */
  const lines = new Map<object, (columns: number) => string>();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let isDrawn = false;

  function clear(): void {
    if (isDrawn) stream.write("\r\x1b[2K");
    isDrawn = false;
  }
  function draw(): void {
    if (now() - drawnAt < redrawMs) return;
    drawnAt = now();
    const columns = (stream.columns ?? 80) - 1;
    const share = Math.floor((columns - 3 * (lines.size - 1)) / lines.size);
    const line = [...lines.values()].map((one) => one(share)).join(" | ");
    stream.write(`\r\x1b[2K${line.slice(0, columns)}`);
    isDrawn = true;
  }

  function open({ video, to }: JobName = {}): Progress {
    const job = {};
    const stages = new Map<StageName, Stage>();
    const about = { ...(video !== undefined && { video }), ...(to !== undefined && { to }) };
    const name = Object.values(about).join(" ");
    const label = name === "" ? "" : `${name}: `;
    function say(line: string): void {
      clear();
      output.say(line);
    }
    function stageOf(stage: StageName): Stage {
      const known = stages.get(stage) ?? { startedAt: now(), saidAt: now(), saidShare: 0 };
      stages.set(stage, known);
      return known;
    }
    function secondsOf({ startedAt }: Stage): number {
      return (now() - startedAt) / 1000;
    }

    function progressed(event: ProgressEvent): void {
      const stage = stageOf(event.stage);
      if (moves) {
        lines.set(job, (columns) => {
          const room = Math.max(0, columns - label.length);
          return `${label}${progressLine(event, secondsOf(stage), room)}`;
        });
        draw();
        return;
      }
      const share = event.total > 0 ? event.done / event.total : 0;
      const passed = now() - stage.saidAt;
      const isDue =
        passed >= plainMs || (passed >= plainLeastMs && share - stage.saidShare >= plainShare);
      if (!isDue) return;
      Object.assign(stage, { saidAt: now(), saidShare: share });
      say(`${label}${titles[event.stage]}: ${progressText(event, secondsOf(stage)).join(", ")}`);
    }

    function stageChanged({ stage, status }: Extract<DubEvent, { type: "stage" }>): void {
      if (status === "started") {
        stages.delete(stage);
        stageOf(stage);
        if (!moves) say(`${label}${titles[stage]}…`);
      } else if (status === "done") {
        lines.delete(job);
        say(`${label}${titles[stage]}: done in ${secondsOf(stageOf(stage)).toFixed(1)} s`);
      } else if (output.isVerbose) say(`${label}${titles[stage]}: nothing changed`);
    }

    return {
      show(event) {
        output.event({ ...about, ...event });
        if (output.style !== "people") return;
        if (event.type === "progress") progressed(event);
        else if (event.type === "stage") stageChanged(event);
        else if (event.type === "warning") say(`${label}  ! ${event.message}`);
        else if (event.type === "engine") say(`${label}${speakerText(event)}`);
        else if (output.isVerbose) say(`${label}  ${formatAttempt(event, new Date(), "text")}`);
      },
      end() {
        lines.delete(job);
        clear();
      },
    };
  }
  return { open };
}

/** Who speaks, and how to have somebody else do it where nobody chose. */
function speakerText({ engine, isChosen }: Extract<DubEvent, { type: "engine" }>): string {
  if (isChosen) return `The voice is ${engine}.`;
  return `The voice is ${engine}, the best one on this machine; --tts-provider NAME chooses another.`;
}
