/** What every route gets: the parts of one running server. */
import type { Tools } from "../media/tools.ts";
import type { Engines } from "./engines/engines.ts";
import type { FileStore } from "./files/contract.ts";
import type { StorageGuard } from "./files/storage-guard.ts";
import type { InFlight } from "./http/idempotency.ts";
import type { KeyRing } from "./keys.ts";
import type { Metrics } from "./metrics.ts";
import type { ServerSettings } from "./settings.ts";
import type { Sinks } from "./speech/sinks.ts";
import type { TaskStore } from "./tasks/contract.ts";
import type { Workers } from "./tasks/workers.ts";
import type { VoiceStore } from "./voices/contract.ts";

export type ServerContext = {
  readonly settings: ServerSettings;
  readonly keys: KeyRing;
  readonly engines: Engines;
  /** Whether an engine that is elsewhere can be reached. */
  isReachable(engine: string): Promise<boolean>;
  readonly files: FileStore;
  readonly storage: StorageGuard;
  readonly tasks: TaskStore;
  readonly voices: VoiceStore;
  readonly sinks: Sinks;
  readonly workers: Workers;
  readonly metrics: Metrics;
  readonly inFlight: InFlight;
  /** Engine → the rate of what it has given last, Hz. */
  readonly rates: Map<string, number>;
  /** For uploads and files in the making, on the same disk as the store. */
  readonly folder: string;
  /** Finds ffmpeg the first time. @throws DubberError `missing_tool`. */
  tools(): Promise<Tools>;
  /** Unix ms. */
  now(): number;
  /** False once the server has begun to stop. */
  isAccepting(): boolean;
};
