/** Shows a running job: one moving line on a terminal, plain lines elsewhere. */
import type { DubEvent, StageName } from "../pipeline/events.ts";
import type { Output } from "./output.ts";

export type Progress = {
  show(event: DubEvent): void;
  /** Clears the moving line, so that what is printed next stands by itself. */
  end(): void;
};

const titles: Readonly<Record<StageName, string>> = {
  prep: "Reading the text",
  sound: "Taking the sound",
  synth: "Speaking",
  mix: "Mixing",
  burn: "Writing the video",
};

const barWidth = 24;
/** Often enough to look alive, seldom enough to cost nothing. */
const redrawMs = 100;

/**
 * @param stream the terminal, usually stderr; a moving line is drawn only where it is one and NO_COLOR's sibling for motion,
 *   TERM=dumb, is not set.
 * @param now milliseconds, injected by tests.
 */
export function openProgress(
  output: Output,
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = Date.now,
): Progress {
  const moves = stream.isTTY === true && process.env.TERM !== "dumb";
  const startedAt = new Map<StageName, number>();
  let drawnAt = 0;
  let isDrawn = false;

  function clear(): void {
    if (isDrawn) stream.write("\r\x1b[2K");
    isDrawn = false;
  }
  function say(line: string): void {
    clear();
    output.say(line);
  }

  return {
    show(event) {
      output.event(event);
      if (output.style !== "people") return;
      if (event.type === "warning") say(`  ! ${event.message}`);
      else if (event.type === "progress") {
        if (!moves || now() - drawnAt < redrawMs) return;
        drawnAt = now();
        const elapsed = (now() - (startedAt.get(event.stage) ?? now())) / 1000;
        const columns = stream.columns ?? 80;
        stream.write(`\r\x1b[2K${progressLine(event, elapsed).slice(0, columns - 1)}`);
        isDrawn = true;
      } else if (event.status === "started") {
        startedAt.set(event.stage, now());
        if (!moves) say(`${titles[event.stage]}…`);
      } else if (event.status === "done") {
        const seconds = (now() - (startedAt.get(event.stage) ?? now())) / 1000;
        say(`${titles[event.stage]}: done in ${seconds.toFixed(1)} s`);
      } else if (output.isVerbose) say(`${titles[event.stage]}: nothing changed`);
    },
    end: clear,
  };
}

/** Stage, bar, count, rate and the time that is left, e.g. `Speaking ███░░  3/12 lines  4.1/s  2 s left`. */
export function progressLine(
  { stage, done, total, unit }: Extract<DubEvent, { type: "progress" }>,
  elapsedSeconds: number,
): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const full = Math.round(share * barWidth);
  const bar = "█".repeat(full) + "░".repeat(barWidth - full);
  const rate = elapsedSeconds > 0 ? done / elapsedSeconds : 0;
  const count =
    unit === "lines" ? `${done}/${total} lines` : `${Math.round(done)}/${Math.round(total)} s`;
  const pace = unit === "lines" ? `${rate.toFixed(1)}/s` : `${rate.toFixed(0)}×`;
  const left = rate > 0 ? `${Math.ceil((total - done) / rate)} s left` : "";
  return `${titles[stage].padEnd(18)}${bar}  ${count}  ${pace}  ${left}`.trimEnd();
}
