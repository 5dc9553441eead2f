/** Recordings to upload, and the forms they are sent in. */
import { wavHeader, wavSamples } from "../../src/core/wav-bytes.ts";

/** A WAV with a tone that rises and falls, so that nothing in it is silent. */
export function sampleWav(seconds = 4, sampleRate = 16_000, pitch = 220): Buffer {
  const samples = Int16Array.from({ length: seconds * sampleRate }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * pitch * index) / sampleRate)),
  );
  const bytes = wavSamples(samples);
  return Buffer.concat([wavHeader(bytes.length, sampleRate), bytes]);
}

/** A multipart form; buffers become files. */
export function makeForm(fields: Readonly<Record<string, string | Buffer>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), "sample.wav");
  }
  return form;
}
