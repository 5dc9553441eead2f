/** `dubber dub`, `prep`, `synth` and `burn`: the jobs of the pipeline as commands. */
import { burn, dub, prep, synth } from "../../pipeline/dub.ts";
import type { Action } from "../command-context.ts";
import { toDubOptions } from "../dub-options.ts";
import { callLogOf, runJob } from "../run-job.ts";
import { runSeveral, type Start } from "../run-several.ts";
import { showEstimates } from "../show-estimates.ts";

const command =
  (start: Start): Action =>
  async (videos, values, context) => {
    const { output, signal, env } = context;
    const { options, remarks } = toDubOptions(values, env);
    for (const remark of remarks) output.warn(remark);
    if (values.dryRun === true) return await showEstimates(videos, options, context);
    const [video = "", ...more] = videos;
    if (more.length > 0) return await runSeveral(videos, options, start, context);
    const job = start({ ...options, video }, { signal, env });
    return await runJob(job, output, callLogOf(options.workdir, video));
  };

export const dubCommand = command(dub);
export const prepCommand = command(prep);
export const synthCommand = command(synth);
export const burnCommand = command(burn);
