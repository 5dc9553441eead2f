/** What a CosyVoice server is, as the variables say: it cannot be asked. */
import { DubberError } from "../core/error.ts";
import { hashBytes } from "../core/hash.ts";
import { parseLanguage } from "../core/language.ts";
import type { Voice } from "../core/voice.ts";
import { type Env, plainAddress, readAddress, readVariable } from "../service/settings.ts";
import { readPromptRecording } from "./prompt-recording.ts";

/** The id of the voice that comes from a recording. */
export const promptVoice = "prompt";

export type CosyvoiceVersion = 1 | 2 | 3;
export type CosyvoicePrompt = {
  /** The file, whole or in pieces. */
  readonly wav: Uint8Array | readonly Uint8Array[];
  /** What is said in it; without it the voice is copied, but less of the manner. */
  readonly text: string | undefined;
};
export type CosyvoiceSettings = {
  readonly url: URL;
  readonly version: CosyvoiceVersion;
  /** Of the samples it sends, Hz. */
  readonly sampleRate: number;
  readonly prompt: CosyvoicePrompt | undefined;
  /** Empty for versions 2 and 3 without a recording of their own: they can only speak with those that requests bring. */
  readonly voices: readonly Voice[];
  /** One line that names everything here that decides the sound. */
  readonly identity: string;
};

/** The speakers that come with version 1. */
const presets = "中文女=zh,中文男=zh,日语男=ja,粤语女=yue,英文女=en,英文男=en,韩语女=ko";
const languages: Readonly<Record<CosyvoiceVersion, readonly string[]>> = {
  1: ["zh", "en", "ja", "yue", "ko"],
  2: ["zh", "en", "ja", "yue", "ko"],
  3: ["zh", "en", "ja", "yue", "ko", "de", "es", "fr", "it", "ru"],
};
const rates: Readonly<Record<CosyvoiceVersion, number>> = { 1: 22_050, 2: 24_000, 3: 24_000 };

/**
 * Reads `COSYVOICE_URL`, `COSYVOICE_VERSION` (1, 2 or 3; default 2), `COSYVOICE_SAMPLE_RATE` (Hz), `COSYVOICE_PROMPT_WAV` with
 * `COSYVOICE_PROMPT_TEXT`, and for version 1 `COSYVOICE_VOICES` (`id=language`, separated by commas).
 *
 * @throws DubberError `engine_unavailable` when the address is missing; `invalid_options` for a value that is none; `not_found`,
 * `unreadable`, `invalid_media` for the recording.
 */
export async function readCosyvoiceSettings(env: Env): Promise<CosyvoiceSettings> {
  const url = readAddress(env, "COSYVOICE_URL");
  if (url === undefined) {
    throw new DubberError("engine_unavailable", "COSYVOICE_URL is not set.", {
      hint: "Set it to the address of your CosyVoice server, such as http://127.0.0.1:50000.",
    });
  }
  const version = readVersion(env);
  const sampleRate = readRate(env) ?? rates[version];
  const path = readVariable(env, "COSYVOICE_PROMPT_WAV");
  const text = readVariable(env, "COSYVOICE_PROMPT_TEXT");
  const prompt = path === undefined ? undefined : { wav: await readPromptRecording(path), text };
  const recorded = prompt ? [promptVoiceOf(version)] : [];
  const voices = [...(version === 1 ? readSpeakers(env) : []), ...recorded];
  const recording = prompt ? ` ${hashBytes(prompt.wav).slice(0, 16)}` : "";
  const said = prompt?.text ? ` ${hashBytes(prompt.text).slice(0, 16)}` : "";
  const identity = `${version} at ${sampleRate} Hz from ${plainAddress(url)}${recording}${said}`;
  return { url, version, sampleRate, prompt, voices, identity };
}

function promptVoiceOf(version: CosyvoiceVersion): Voice {
  const name = "The recording in COSYVOICE_PROMPT_WAV";
  return { id: promptVoice, name, languages: languages[version], gender: "neutral" };
}

function readVersion(env: Env): CosyvoiceVersion {
  const value = readVariable(env, "COSYVOICE_VERSION") ?? "2";
  if (value === "1" || value === "2" || value === "3") return Number(value) as CosyvoiceVersion;
  throw invalid(`COSYVOICE_VERSION is "${value}".`, "It is 1, 2 or 3.");
}

function readRate(env: Env): number | undefined {
  const value = readVariable(env, "COSYVOICE_SAMPLE_RATE");
  if (value === undefined) return undefined;
  const rate = Number(value);
  if (Number.isInteger(rate) && rate >= 8000 && rate <= 192_000) return rate;
  throw invalid(`COSYVOICE_SAMPLE_RATE is "${value}".`, "Give Hz, from 8000 to 192000.");
}

function readSpeakers(env: Env): readonly Voice[] {
  const list = readVariable(env, "COSYVOICE_VOICES") ?? presets;
  const voices = list
    .split(",")
    .filter((one) => one.trim() !== "")
    .map((one): Voice => {
      const [id = "", language = ""] = one.split("=").map((part) => part.trim());
      if (id === "" || language === "" || id === promptVoice) {
        throw invalid(`COSYVOICE_VOICES has the entry "${one}".`, "Write id=language,id=language.");
      }
      const gender = id.includes("女") ? "female" : id.includes("男") ? "male" : "neutral";
      return { id, name: id, languages: [parseLanguage(language)], gender };
    });
  return [...new Map(voices.map((voice) => [voice.id, voice])).values()];
}

function invalid(message: string, hint: string): DubberError {
  return new DubberError("invalid_options", message, { hint });
}
