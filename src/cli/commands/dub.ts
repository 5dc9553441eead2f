/** `dubber dub`, `prep`, `synth` and `burn`: the jobs of the pipeline as commands. */
import { burn, type DubResult, dub, prep, type RunContext, synth } from "../../pipeline/dub.ts";
import type { Job } from "../../pipeline/events.ts";
import type { DubOptions } from "../../pipeline/options.ts";
import type { Action } from "../command-context.ts";
import { toDubOptions } from "../flags.ts";
import { runJob } from "../run-job.ts";

type Start = (options: DubOptions, context: RunContext) => Job<DubResult>;

const command =
  (start: Start): Action =>
  async ([video = ""], values, { output, signal }) =>
    await runJob(start(toDubOptions(video, values), { signal }), output);

export const dubCommand = command(dub);
export const prepCommand = command(prep);
export const synthCommand = command(synth);
export const burnCommand = command(burn);
