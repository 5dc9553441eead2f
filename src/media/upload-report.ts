/** Reads what ffmpeg says about an upload while it decodes it: the few facts a verdict needs, and nothing of the file's own text. */
import type { Seconds } from "../core/segment.ts";

export type UploadReport = {
  /** Takes a line of stderr at level info. */
  read(line: string): void;
  /** Whether it was taken for a media file at all. */
  isOpened(): boolean;
  hasNoSound(): boolean;
  /** How long the file says it is; undefined where it does not, where that is a guess, and where there is a video, which may be longer. */
  claimedSeconds(): Seconds | undefined;
};

/**
 * Starts a report. Tags are indented further than the lines that are read here, and could at most have their own file refused.
 */
export function uploadReport(): UploadReport {
  let isOpened = false;
  let hasNoSound = false;
  let isVague = false;
  let claimed: Seconds | undefined;
  return {
    read(line) {
      isOpened ||= line.startsWith("Input #0, ");
      hasNoSound ||= /^(\[[^\]]*\] )?Stream map '[^']*' matches no streams/.test(line);
      isVague ||= line.includes("Estimating duration from bitrate");
      isVague ||= /^ {2}Stream #0:.* Video: /.test(line) && !line.includes("(attached pic)");
      const duration = /^ {2}Duration: (\d+):(\d\d):(\d\d\.\d\d)/.exec(line);
      if (duration) {
        const [hours = 0, minutes = 0, seconds = 0] = duration.slice(1).map(Number);
        claimed ??= hours * 3600 + minutes * 60 + seconds;
      }
    },
    isOpened: () => isOpened,
    hasNoSound: () => hasNoSound,
    claimedSeconds: () => (isVague ? undefined : claimed),
  };
}
