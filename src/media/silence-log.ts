/** Reads the silences ffmpeg's `silencedetect` reports on stderr, and hands each stretch of them on once. */
import type { Seconds, Slot } from "../core/segment.ts";

/** Anchored: a file's own metadata is printed to the same stream, but never at the start of a line. */
const report =
  /^\[silencedetect @ [^\]]+\] silence_(start|end): (-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?=\s|$)/;

export type SilenceLog = {
  /** @returns whether the line was silencedetect's, so that it is no complaint. */
  readonly read: (line: string) => boolean;
  /**
   * The silence before `end` that was not handed on before, sorted. One that goes on past `end` is cut there, and its rest comes with a
   * later call.
   *
   * @param end seconds; all reports of what happened before it have been read, but for a silence that began less than
   *   silencedetect's own `d` ago.
   */
  readonly before: (end: Seconds) => Slot[];
};

/** An empty log. */
export function silenceLog(): SilenceLog {
  let open: Seconds | undefined;
  let closed: Slot[] = [];
  /** What was handed on already ends here. */
  let told: Seconds = 0;
  return {
    read(line) {
      const match = report.exec(line);
      if (match === null) return line.startsWith("[silencedetect @ ");
      const time = Number(match[2]);
      if (match[1] === "start") open = time;
      else if (open !== undefined) {
        closed.push({ start: open, end: time });
        open = undefined;
      }
      return true;
    },
    before(end) {
      const known = open === undefined ? closed : [...closed, { start: open, end }];
      const news = known
        .map((slot) => ({ start: Math.max(slot.start, told), end: Math.min(slot.end, end) }))
        .filter((slot) => slot.end > slot.start);
      told = Math.max(told, news.at(-1)?.end ?? 0);
      closed = closed.filter((slot) => slot.end > told);
      return news;
    },
  };
}
