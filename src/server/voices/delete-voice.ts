/** Deletes a voice for good: the row, the recording, and what engines keep of it. */
import type { ServerContext } from "../context.ts";
import type { Owner } from "../tasks/contract.ts";

type Context = Pick<ServerContext, "voices" | "files" | "engines">;

/**
 * When this resolves the voice is gone here. An engine that cannot be told now is told later, by {@link tellEngines}.
 *
 * @returns false when there is none.
 */
export async function deleteVoice(
  context: Context,
  { owner, id }: { readonly owner: Owner; readonly id: string },
): Promise<boolean> {
  const removed = await context.voices.remove(owner, id);
  if (removed === undefined) return false;
  await context.files.remove(removed.file);
  await tellEngines(context);
  return true;
}

/** Has engines forget what they still keep of deleted voices; what fails is left for the next time. */
export async function tellEngines({
  voices,
  engines,
}: Pick<Context, "voices" | "engines">): Promise<void> {
  const told = (await voices.leftovers()).map(async (leftover) => {
    const engine = await engines.get(leftover.engine);
    await engine.removeVoice?.(leftover.voice);
    await voices.forget(leftover);
  });
  await Promise.allSettled(told);
}
