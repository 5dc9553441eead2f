/** Everything the server can be told, by environment, `.env` or flags: names, ranges, defaults. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { readSecrets } from "../api/webhook-signature.ts";
import { DubberError } from "../core/error.ts";
import { engineNames } from "../synthesis/catalogue.ts";
import { type ServerVariable, serverVariables } from "./variables.ts";

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `takes a whole number from ${min} to ${max}`,
    })
    .transform(Number);
const seconds = (min: number, max: number) =>
  z
    .string()
    .refine((text) => text.trim() !== "" && Number(text) >= min && Number(text) <= max, {
      error: `takes seconds from ${min} to ${max}`,
    })
    .transform(Number);
const truth = z
  .enum(["1", "0", "true", "false", "yes", "no", "on", "off"], { error: "takes 1 or 0" })
  .transform((text) => ["1", "true", "yes", "on"].includes(text));
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== ""),
);
const terabyte = 2 ** 40;

/** Each variable, as text; absent ones get the default of {@link readServerSettings}. */
const shape = {
  HOST: z.string().min(1).optional(),
  PORT: wholeNumber(0, 65_535).optional(),
  DATA_DIR: z.string().min(1).optional(),
  API_KEYS: list.optional(),
  ALLOW_PUBLIC_WITHOUT_KEYS: truth.optional(),
  ALLOWED_ORIGINS: list.optional(),
  TTS_ENGINE: z
    .enum(engineNames as [string, ...string[]], { error: `takes ${engineNames.join(", ")}` })
    .optional(),
  MAX_SYNTHESIS_WORKERS: wholeNumber(1, 256).optional(),
  MAX_DUB_WORKERS: wholeNumber(1, 64).optional(),
  MAX_TASKS_PER_USER: wholeNumber(1, 1_000_000).optional(),
  MAX_QUEUED_TASKS: wholeNumber(1, 1_000_000).optional(),
  TASK_CLEANUP_INTERVAL: seconds(1, 86_400).optional(),
  MAX_TASK_AGE: seconds(1, 31_536_000).optional(),
  MAX_TEXT_LENGTH: wholeNumber(1, 1_000_000).optional(),
  MAX_FILE_SIZE: wholeNumber(1, terabyte).optional(),
  MAX_VIDEO_SIZE: wholeNumber(1, terabyte).optional(),
  MAX_AUDIO_DURATION: seconds(3, 300).optional(),
  MAX_STORAGE_BYTES: wholeNumber(0, 1000 * terabyte).optional(),
  MIN_FREE_BYTES: wholeNumber(0, 1000 * terabyte).optional(),
  TTS_TIMEOUT: seconds(0.1, 3600).optional(),
  TTS_PATIENCE: seconds(0.1, 86_400).optional(),
  SHUTDOWN_TIMEOUT: seconds(0.1, 3600).optional(),
  WEBHOOK_SECRET: z.string().min(1).optional(),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
      error: "takes error, warn, info, debug or silent",
    })
    .optional(),
} satisfies Readonly<Record<ServerVariable, z.ZodType>>;

export type ServerSettings = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Empty: whoever reaches the server may use it. */
  readonly apiKeys: readonly string[];
  readonly allowsPublicWithoutKeys: boolean;
  readonly allowedOrigins: readonly string[];
  /** Who speaks where a voice does not say it. */
  readonly engine: string;
  /** Tasks at work at once. */
  readonly workers: number;
  /** Dubs among them. */
  readonly dubWorkers: number;
  /** Open tasks of one key. */
  readonly mostOpenTasks: number;
  readonly mostWaitingTasks: number;
  readonly sweepEveryMs: number;
  /** From a task's end. */
  readonly keptForMs: number;
  /** UTF-16 code units. */
  readonly maxTextLength: number;
  readonly maxFileBytes: number;
  readonly maxVideoBytes: number;
  /** Of a recording, seconds. */
  readonly maxSampleSeconds: number;
  /** Of all files; Infinity for no quota. */
  readonly maxStoredBytes: number;
  /** What has to stay free on the disk. */
  readonly minFreeBytes: number;
  readonly callTimeoutMs: number;
  readonly outageMs: number;
  readonly shutdownMs: number;
  /** Absent: no webhooks. */
  readonly webhookSecret?: string;
  readonly logLevel: string;
};

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables; an empty one counts as not set.
 *
 * @param env variables, flags already put over them under the variables' names.
 * @throws DubberError `usage` naming the variable and what it takes; the value itself is not shown.
 */
export function readServerSettings(env: Env): ServerSettings {
  const given = Object.fromEntries(
    serverVariables.flatMap((name) => {
      const value = env[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  const { success, data, error } = z.object(shape).safeParse(given);
  if (!success) {
    const [issue] = error.issues;
    const name = String(issue?.path[0]);
    throw new DubberError("usage", `${name} cannot be used: it ${issue?.message}.`, {
      hint: "Change it in the environment or in .env; docs/configuration.md lists every variable.",
    });
  }
  if (data.WEBHOOK_SECRET !== undefined) checkSecret(data.WEBHOOK_SECRET);
  const apiKeys = data.API_KEYS ?? [];
  const workers = data.MAX_SYNTHESIS_WORKERS ?? 4;
  const settings: ServerSettings = {
    host: data.HOST ?? "127.0.0.1",
    port: data.PORT ?? 8000,
    dataDirectory: resolve(data.DATA_DIR ?? defaultDataDirectory(env)),
    apiKeys,
    allowsPublicWithoutKeys: data.ALLOW_PUBLIC_WITHOUT_KEYS ?? false,
    allowedOrigins: data.ALLOWED_ORIGINS ?? [],
    engine: data.TTS_ENGINE ?? "embedded",
    workers,
    dubWorkers: Math.min(data.MAX_DUB_WORKERS ?? 1, workers),
    mostOpenTasks: data.MAX_TASKS_PER_USER ?? (apiKeys.length > 0 ? 10 : Number.POSITIVE_INFINITY),
    mostWaitingTasks: data.MAX_QUEUED_TASKS ?? 10_000,
    sweepEveryMs: 1000 * (data.TASK_CLEANUP_INTERVAL ?? 3600),
    keptForMs: 1000 * (data.MAX_TASK_AGE ?? 7200),
    maxTextLength: data.MAX_TEXT_LENGTH ?? 50_000,
    maxFileBytes: data.MAX_FILE_SIZE ?? 50 * 2 ** 20,
    maxVideoBytes: data.MAX_VIDEO_SIZE ?? 2 * 2 ** 30,
    maxSampleSeconds: data.MAX_AUDIO_DURATION ?? 30,
    maxStoredBytes: data.MAX_STORAGE_BYTES || Number.POSITIVE_INFINITY,
    minFreeBytes: data.MIN_FREE_BYTES ?? 64 * 2 ** 20,
    callTimeoutMs: 1000 * (data.TTS_TIMEOUT ?? 120),
    outageMs: 1000 * (data.TTS_PATIENCE ?? 120),
    shutdownMs: 1000 * (data.SHUTDOWN_TIMEOUT ?? 20),
    ...(data.WEBHOOK_SECRET !== undefined && { webhookSecret: data.WEBHOOK_SECRET }),
    logLevel: data.LOG_LEVEL ?? "info",
  };
  refuseOpenDoor(settings);
  return settings;
}

/** @throws DubberError `usage`, now and not with the first webhook. */
function checkSecret(text: string): void {
  try {
    readSecrets(text);
  } catch (error) {
    if (!(error instanceof DubberError)) throw error;
    throw new DubberError("usage", `WEBHOOK_SECRET cannot be used. ${error.message}`, {
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  }
}

/** `dubber/server` in XDG_DATA_HOME, else in `.local/share` of HOME. */
function defaultDataDirectory(env: Env): string {
  const data = env.XDG_DATA_HOME || join(env.HOME || homedir(), ".local", "share");
  return join(data, "dubber", "server");
}

/** @throws DubberError `usage` for a server that strangers could use. */
function refuseOpenDoor({ host, apiKeys, allowsPublicWithoutKeys }: ServerSettings): void {
  const isLoopback = host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
  if (isLoopback || apiKeys.length > 0 || allowsPublicWithoutKeys) return;
  throw new DubberError(
    "usage",
    `At HOST ${host} everybody who reaches this machine could use the server, and API_KEYS is not set.`,
    {
      hint: "Set API_KEYS to one or more secrets, or ALLOW_PUBLIC_WITHOUT_KEYS=1 where something else guards the door.",
    },
  );
}
