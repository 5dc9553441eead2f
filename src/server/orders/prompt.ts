/** The recording that comes with one request: decoded safely, kept as long as its task. */
import { join } from "node:path";
import { decodeVoiceSample } from "../../media/voice-sample.ts";
import type { ServerContext } from "../context.ts";
import { shortestSample } from "../voices/contract.ts";

/**
 * @returns its name in the file store.
 * @throws DubberError `invalid_media`, `missing_tool`, `disk_full`.
 */
export async function storePrompt(
  { tools, files, folder, settings }: ServerContext,
  { taskId, path }: { readonly taskId: string; readonly path: string },
): Promise<string> {
  const name = `${taskId}_prompt.wav`;
  const outPath = join(folder, name);
  await decodeVoiceSample(await tools(), {
    ...{ path, outPath, maxSeconds: settings.maxSampleSeconds, minSeconds: shortestSample },
  });
  await files.put(name, outPath);
  return name;
}
