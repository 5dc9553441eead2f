/** Voices nobody has to upload: the aliases every server has, then all of every configured engine. */
import type { VoiceBody } from "../../api/voices.ts";
import type { Voice } from "../../core/voice.ts";
import type { Engines } from "../engines/engines.ts";
import { aliasEngine, voiceAliases } from "./aliases.ts";

/** An engine that cannot be asked brings none; its turn comes when it is well again. */
export async function listPretrained(engines: Engines): Promise<VoiceBody[]> {
  const lists = await Promise.all(
    engines.names.map(async (engine) => ({
      engine,
      voices: await engines.voices(engine).catch((): readonly Voice[] => []),
    })),
  );
  const built = lists.find(({ engine }) => engine === aliasEngine)?.voices ?? [];
  const byId = new Map(built.map((voice) => [voice.id, voice]));
  const aliases = [...voiceAliases].flatMap(([alias, id]) => {
    const voice = byId.get(id);
    return voice === undefined ? [] : [present(alias, voice, aliasEngine)];
  });
  const named = lists.flatMap(({ engine, voices }) =>
    voices.map((voice) => present(`${engine}:${voice.id}`, voice, engine)),
  );
  return [...aliases, ...named];
}

function present(id: string, { name, languages, gender }: Voice, engine: string): VoiceBody {
  return {
    ...{ voice_id: id, name, description: gender, voice_type: "sft", engine },
    ...{ language: languages[0] ?? null, prompt_text: null, is_pretrained: true },
    ...{ audio_format: null, duration: null, sample_rate: null, sha256: null, consent: null },
    ...{ created_at: null, updated_at: null },
  };
}
