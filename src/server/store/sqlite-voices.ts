/** Uploaded voices in SQLite. */

import type { VoiceType } from "../../api/voices.ts";
import { isSameLanguage, parseLanguage } from "../../core/language.ts";
import type { EngineVoice, Provenance, StoredVoice, VoiceStore } from "../voices/contract.ts";
import { openAnswers } from "./answers.ts";
import type { Database } from "./database.ts";

type Row = {
  readonly owner: string;
  readonly id: string;
  readonly type: VoiceType;
  readonly name: string;
  readonly description: string | null;
  readonly language: string | null;
  readonly prompt_text: string | null;
  readonly audio_format: string;
  readonly seconds: number;
  readonly sample_rate: number;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly file: string;
  readonly consent: number;
  readonly provenance: string;
  readonly engine_voices: string;
  readonly created_at: number;
  readonly updated_at: number;
};

export function openSqliteVoices({ sqlite, write }: Database): VoiceStore {
  const answers = openAnswers(sqlite);
  const statements = {
    get: sqlite.prepare("SELECT * FROM voices WHERE owner = ? AND id = ?"),
    all: sqlite.prepare("SELECT * FROM voices WHERE owner = ? ORDER BY created_at DESC, id"),
    insert: sqlite.prepare(
      `INSERT INTO voices (owner, id, type, name, description, language, prompt_text, audio_format, seconds, sample_rate,
       size_bytes, sha256, file, consent, provenance, engine_voices, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    change: sqlite.prepare(
      `UPDATE voices SET name = ?, description = ?, language = ?, engine_voices = ?, updated_at = ? WHERE owner = ? AND id = ?`,
    ),
    remove: sqlite.prepare("DELETE FROM voices WHERE owner = ? AND id = ?"),
    leave: sqlite.prepare("INSERT OR IGNORE INTO engine_leftovers (engine, voice) VALUES (?, ?)"),
    leftovers: sqlite.prepare("SELECT engine, voice FROM engine_leftovers"),
    forget: sqlite.prepare("DELETE FROM engine_leftovers WHERE engine = ? AND voice = ?"),
    files: sqlite.prepare("SELECT file FROM voices"),
  };

  const read = (owner: string, id: string): StoredVoice | undefined => {
    const row = statements.get.get(owner, id) as Row | undefined;
    return row && toVoice(row);
  };
  const readAll = (owner: string): readonly StoredVoice[] =>
    (statements.all.all(owner) as Row[]).map(toVoice);

  /** Changes a voice inside a write; undefined when there is none. */
  function change(
    owner: string,
    id: string,
    changed: (voice: StoredVoice) => StoredVoice,
  ): StoredVoice | undefined {
    const before = read(owner, id);
    if (before === undefined) return undefined;
    const { name, description, language, engineVoices, updatedAt } = changed(before);
    statements.change.run(
      ...([name, description ?? null, language ?? null] as const),
      ...([JSON.stringify(engineVoices), updatedAt, owner, id] as const),
    );
    return read(owner, id);
  }

  return {
    add: (voice, remember) =>
      write(() => {
        const answer = remember && answers.find(voice.owner, remember.key, voice.createdAt);
        if (answer !== undefined) return { is: "remembered" as const, answer };
        if (read(voice.owner, voice.id) !== undefined) return { is: "exists" as const };
        statements.insert.run(...toRow(voice));
        if (remember !== undefined) answers.keep(voice.owner, remember, voice.createdAt);
        return { is: "added" as const };
      }),
    get: async (owner, id) => read(owner, id),
    async list({ owner, type, language, offset, limit }) {
      const matching = readAll(owner).filter(
        (voice) =>
          (type === undefined || voice.type === type) &&
          (language === undefined || speaks(voice, language)),
      );
      return { voices: matching.slice(offset, offset + limit), total: matching.length };
    },
    change: (owner, id, changes, atMs) =>
      write(() => change(owner, id, (voice) => ({ ...voice, ...changes, updatedAt: atMs }))),
    setEngineVoice: ({ owner, id, file }, engine, engineVoice) =>
      write(() => {
        if (read(owner, id)?.file !== file) return false;
        const changed = change(owner, id, (voice) => ({
          ...voice,
          engineVoices: { ...voice.engineVoices, [engine]: engineVoice },
        }));
        return changed !== undefined;
      }),
    remove: (owner, id) =>
      write(() => {
        const voice = read(owner, id);
        statements.remove.run(owner, id);
        for (const [engine, kept] of Object.entries(voice?.engineVoices ?? {})) {
          statements.leave.run(engine, kept);
        }
        return voice;
      }),
    leftovers: async () => statements.leftovers.all() as EngineVoice[],
    forget: ({ engine, voice }) => write(() => void statements.forget.run(engine, voice)),
    async totals(owner) {
      const voices = readAll(owner);
      return {
        total: voices.length,
        byType: countBy(voices, ({ type }) => type),
        byLanguage: countBy(voices, ({ language }) => language ?? "unknown"),
        seconds: voices.reduce((sum, { seconds }) => sum + seconds, 0),
      };
    },
    async fileNames() {
      return new Set((statements.files.all() as { file: string }[]).map(({ file }) => file));
    },
  };
}

function speaks(voice: StoredVoice, language: string): boolean {
  try {
    return voice.language !== undefined && isSameLanguage(voice.language, parseLanguage(language));
  } catch {
    // It is none, so nobody speaks it.
    return false;
  }
}

function countBy(
  voices: readonly StoredVoice[],
  keyOf: (voice: StoredVoice) => string,
): Record<string, number> {
  const groups = Object.groupBy(voices, keyOf);
  return Object.fromEntries(
    Object.entries(groups).map(([key, group]) => [key, group?.length ?? 0]),
  );
}

function toVoice(row: Row): StoredVoice {
  return {
    ...{ owner: row.owner, id: row.id, type: row.type, name: row.name },
    description: row.description ?? undefined,
    language: row.language ?? undefined,
    promptText: row.prompt_text ?? undefined,
    ...{ audioFormat: row.audio_format, seconds: row.seconds, sampleRate: row.sample_rate },
    ...{ sizeBytes: row.size_bytes, sha256: row.sha256, file: row.file },
    hasConsent: row.consent === 1,
    provenance: JSON.parse(row.provenance) as Provenance,
    engineVoices: JSON.parse(row.engine_voices) as Record<string, string>,
    ...{ createdAt: row.created_at, updatedAt: row.updated_at },
  };
}

/** In the order of the insert's columns. */
function toRow(voice: StoredVoice) {
  const { owner, id, type, name, description, language, promptText, audioFormat } = voice;
  const { seconds, sampleRate, sizeBytes, sha256, file, hasConsent, provenance } = voice;
  return [
    ...([owner, id, type, name, description ?? null, language ?? null] as const),
    ...([promptText ?? null, audioFormat, seconds, sampleRate, sizeBytes, sha256, file] as const),
    ...([hasConsent ? 1 : 0, JSON.stringify(provenance)] as const),
    ...([JSON.stringify(voice.engineVoices), voice.createdAt, voice.updatedAt] as const),
  ] as const;
}
