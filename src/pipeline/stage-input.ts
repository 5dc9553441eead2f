/** What the stages of one run share. */
import type { Bill } from "../core/bill.ts";
import type { MediaInfo } from "../media/probe.ts";
import type { Tools } from "../media/tools.ts";
import type { Emit } from "./events.ts";
import type { CheckedOptions } from "./options.ts";
import type { Setup } from "./setup.ts";
import type { WorkDirectory } from "./work-directory.ts";

/** A run: where it works, with what, for how much, and who is told. */
export type StageInput = {
  readonly work: WorkDirectory;
  readonly options: CheckedOptions;
  readonly setup: Setup;
  /** Found when they are first needed. */
  readonly tools: () => Promise<Tools>;
  /** Of the video, probed when it is first needed. */
  readonly info: () => Promise<MediaInfo>;
  /** Everything the run pays for. */
  readonly bill: Bill;
  readonly emit: Emit;
};
