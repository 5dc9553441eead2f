/** Deletes a voice for good: the row, the recording, and what engines keep of it. */
import type { ServerContext } from "../context.ts";
import type { Owner } from "../tasks/contract.ts";

/**
 * @returns false when there is none.
 * @throws what an engine throws that could not be told; the voice is gone here all the same, and the other engines have been told.
 */
export async function deleteVoice(
  { voices, files, engines }: Pick<ServerContext, "voices" | "files" | "engines">,
  { owner, id }: { readonly owner: Owner; readonly id: string },
): Promise<boolean> {
  const removed = await voices.remove(owner, id);
  if (removed === undefined) return false;
  await files.remove(removed.file);
  const told = Object.entries(removed.engineVoices).map(async ([name, engineVoice]) => {
    const engine = await engines.get(name);
    await engine.removeVoice?.(engineVoice);
  });
  const failed = (await Promise.allSettled(told)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  return true;
}
