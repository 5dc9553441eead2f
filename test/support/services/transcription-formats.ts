/** The ways in which a transcription is written: JSON, JSON with times, plain text, SRT and VTT. */
import type { JudgedPhrase } from "./odd-hearing.ts";

export type Heard = {
  readonly phrases: readonly JudgedPhrase[];
  /** Of the sound. */
  readonly seconds: number;
  /** ISO 639-1. */
  readonly language: string;
  readonly temperature: number;
};

const names = new Intl.DisplayNames("en", { type: "language", fallback: "none" });

/** The name of an ISO 639-1 language as Whisper writes it, in lower case; undefined for what is none. */
export function languageName(code: string): string | undefined {
  return /^[a-z]{2}$/.test(code) ? names.of(code)?.toLowerCase() : undefined;
}

/** All that was said, on one line. */
export function plainText({ phrases }: Heard): string {
  return phrases
    .map(({ text }) => text)
    .filter((text) => text !== "")
    .join(" ");
}

/** `verbose_json`: the language by name, segments and words as far as they were asked for. */
export function verboseJson(heard: Heard, granularities: readonly string[]): object {
  const { phrases, seconds, language } = heard;
  return {
    task: "transcribe",
    language: languageName(language) ?? language,
    duration: seconds,
    text: plainText(heard),
    ...(granularities.includes("segment") && {
      segments: phrases.map((phrase, id) => segment(phrase, id, heard)),
    }),
    ...(granularities.includes("word") && { words: phrases.flatMap(wordsWithoutMarks) }),
    usage: { type: "duration", seconds: Math.ceil(seconds) },
  };
}

/** `srt` and `vtt`. */
export function subtitles({ phrases }: Heard, format: "srt" | "vtt"): string {
  const mark = format === "srt" ? "," : ".";
  const stamp = (time: number): string =>
    new Date(Math.min(time, 359_999) * 1000).toISOString().slice(11, 23).replace(".", mark);
  const cues = phrases.map(({ start, end, text }, index) => {
    const number = format === "srt" ? `${index + 1}\n` : "";
    return `${number}${stamp(start)} --> ${stamp(end)}\n${text}\n\n`;
  });
  return `${format === "vtt" ? "WEBVTT\n\n" : ""}${cues.join("")}\n`;
}

function segment(phrase: JudgedPhrase, id: number, { temperature }: Heard): object {
  const { start, end, text, words } = phrase;
  return {
    id,
    // Whisper looks at 30 s at a time, in frames of 10 ms.
    seek: Math.floor(start / 30) * 3000,
    start,
    end,
    text: text === "" ? "" : ` ${text}`,
    tokens: words.map((_, index) => 1000 + id + index),
    temperature,
    avg_logprob: phrase.logProbability,
    compression_ratio: phrase.compression,
    no_speech_prob: phrase.noSpeech,
  };
}

/** The real service leaves punctuation out of its words. */
function wordsWithoutMarks({ words }: JudgedPhrase): object[] {
  return words.map(({ text, start, end }) => ({
    word: text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ""),
    start,
    end,
  }));
}
