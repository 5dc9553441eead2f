/** `dubber dub`, `prep`, `synth`, `burn` and `youtube`: the jobs of the pipeline as commands. */
import { burn, dub, prep, synth, youtube } from "../../pipeline/dub.ts";
import { type Action, runContextOf } from "../command-context.ts";
import { toDubOptions } from "../dub-options.ts";
import { callLogOf, runJob } from "../run-job.ts";
import { runSeveral, type Start } from "../run-several.ts";
import { showEstimates } from "../show-estimates.ts";
import { workDirectoryOf } from "../work-directory-of.ts";

const command =
  (start: Start): Action =>
  async (videos, { to, ...values }, context) => {
    const { output, env, world } = context;
    const { options, remarks } = toDubOptions(values, env);
    for (const remark of remarks) output.warn(remark);
    const [language, ...languages] = (to as readonly string[] | undefined) ?? [undefined];
    const errand = { videos, languages: [language, ...languages] };
    if (values.dryRun === true) return await showEstimates(errand, options, context);
    const [video = "", ...more] = videos;
    if (more.length > 0 || languages.length > 0) {
      return await runSeveral(errand, options, start, context);
    }
    const workdir = workDirectoryOf(video, options.workdir, world);
    const asked = { ...options, video, workdir, ...(language !== undefined && { to: language }) };
    const job = start(asked, runContextOf(context));
    return await runJob(job, context, callLogOf(workdir));
  };

export const dubCommand = command(dub);
export const prepCommand = command(prep);
export const synthCommand = command(synth);
export const burnCommand = command(burn);
export const youtubeCommand = command(youtube);
