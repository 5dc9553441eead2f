/** Which filters this build of ffmpeg has. */
import type { Call } from "../core/call.ts";
import { runChild } from "./child.ts";
import type { Tools } from "./tools.ts";

/** The names of all filters of this ffmpeg, e.g. `subtitles`. Empty when it does not answer. */
export async function listFilters(
  tools: Tools,
  { signal }: Call = {},
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  await runChild(tools.ffmpeg, ["-hide_banner", "-nostdin", "-filters"], {
    ...(signal ? { signal } : {}),
    onLine: (line) => {
      const match = /^ [A-Z.]{2,3} (\w+) +\S+->\S+/.exec(line);
      if (match) names.add(match[1] as string);
    },
  });
  return names;
}
