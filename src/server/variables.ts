/** The names of the variables the server reads for itself; engines have theirs besides. What each takes is in `settings.ts`. */

export const serverVariables = [
  "HOST",
  "PORT",
  "DATA_DIR",
  "API_KEYS",
  "ALLOW_PUBLIC_WITHOUT_KEYS",
  "ALLOWED_ORIGINS",
  "TTS_ENGINE",
  "MAX_SYNTHESIS_WORKERS",
  "MAX_DUB_WORKERS",
  "MAX_TASKS_PER_USER",
  "MAX_QUEUED_TASKS",
  "TASK_CLEANUP_INTERVAL",
  "MAX_TASK_AGE",
  "MAX_TEXT_LENGTH",
  "MAX_FILE_SIZE",
  "MAX_VIDEO_SIZE",
  "MAX_AUDIO_DURATION",
  "MAX_STORAGE_BYTES",
  "MIN_FREE_BYTES",
  "TTS_TIMEOUT",
  "TTS_PATIENCE",
  "SHUTDOWN_TIMEOUT",
  "WEBHOOK_SECRET",
  "LOG_LEVEL",
] as const;

export type ServerVariable = (typeof serverVariables)[number];
