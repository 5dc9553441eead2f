/** Voices people have uploaded, and what whoever keeps them has to do. */
import type { VoiceType } from "../../api/voices.ts";
import type { Idempotency, Owner, RememberedAnswer } from "../tasks/contract.ts";

/** Shorter recordings are of no use to any engine, seconds. */
export const shortestSample = 3;

/** Where a recording came from: kept for as long as the voice is. */
export type Provenance = {
  /** As the client called it, its last part only. */
  readonly fileName: string;
  /** Of the upload, before it was decoded. */
  readonly uploadSha256: string;
  readonly uploadBytes: number;
  readonly sourceSeconds: number;
  readonly sourceSampleRate: number;
};

/** Times are Unix milliseconds. */
export type StoredVoice = {
  readonly owner: Owner;
  /** Unique for its owner. */
  readonly id: string;
  readonly type: VoiceType;
  readonly name: string;
  readonly description?: string | undefined;
  /** BCP 47. */
  readonly language?: string | undefined;
  /** What is said in the recording. */
  readonly promptText?: string | undefined;
  /** Of the upload, as the client named it. */
  readonly audioFormat: string;
  readonly seconds: number;
  readonly sampleRate: number;
  readonly sizeBytes: number;
  /** Of the recording as it is kept: WAV, mono. */
  readonly sha256: string;
  /** Its name in the file store. */
  readonly file: string;
  /** Whether the uploader said that the speaker agrees. */
  readonly hasConsent: boolean;
  readonly provenance: Provenance;
  /** Engine → the id this voice has there, for engines that keep voices. */
  readonly engineVoices: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type VoiceQuery = {
  readonly owner: Owner;
  readonly type?: VoiceType | undefined;
  /** The same language, whatever the region. */
  readonly language?: string | undefined;
  readonly offset: number;
  readonly limit: number;
};

export type VoiceChanges = Partial<Pick<StoredVoice, "name" | "description" | "language">>;

/** The id a voice has at an engine. */
export type EngineVoice = { readonly engine: string; readonly voice: string };

export type VoiceTotals = {
  readonly total: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly byLanguage: Readonly<Record<string, number>>;
  readonly seconds: number;
};

export type Addition =
  | { readonly is: "added" }
  | { readonly is: "exists" }
  | { readonly is: "remembered"; readonly answer: RememberedAnswer };

export type VoiceStore = {
  /** @param remember an answer kept in the same step. @throws DubberError `disk_full`. */
  add(
    voice: StoredVoice,
    remember?: Idempotency & { readonly status: number; readonly body: unknown },
  ): Promise<Addition>;
  get(owner: Owner, id: string): Promise<StoredVoice | undefined>;
  /** Newest first. */
  list(
    query: VoiceQuery,
  ): Promise<{ readonly voices: readonly StoredVoice[]; readonly total: number }>;
  /** @returns the voice as it is then; undefined when there is none. */
  change(
    owner: Owner,
    id: string,
    changes: VoiceChanges,
    atMs: number,
  ): Promise<StoredVoice | undefined>;
  /** Notes the id it has at an engine; false when the voice is gone meanwhile, or has another recording. */
  setEngineVoice(
    voice: Pick<StoredVoice, "owner" | "id" | "file">,
    engine: string,
    engineVoice: string,
  ): Promise<boolean>;
  /** Removes a voice; what engines keep of it is a leftover from then on. @returns what was removed. */
  remove(owner: Owner, id: string): Promise<StoredVoice | undefined>;
  /** What engines may still keep of removed voices. */
  leftovers(): Promise<readonly EngineVoice[]>;
  /** The engine keeps it no longer. */
  forget(leftover: EngineVoice): Promise<void>;
  totals(owner: Owner): Promise<VoiceTotals>;
  fileNames(): Promise<ReadonlySet<string>>;
};
