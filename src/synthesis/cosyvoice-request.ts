/** Which form a CosyVoice server gets for a wish: its versions take instructions and recordings in different ways. */

import type { FormFields } from "../service/multipart-form.ts";
import type { CosyvoicePrompt, CosyvoiceVersion } from "./cosyvoice-settings.ts";

export type CosyvoiceForm = {
  /** Below the server's address. */
  readonly path: string;
  readonly fields: FormFields;
  readonly warnings: readonly string[];
};

export type CosyvoiceWish = {
  /** Without markers, see {@link withoutMarkers}. */
  readonly text: string;
  readonly instructions: string | undefined;
  /** A speaker of the server, or a recording. */
  readonly speaker: string | CosyvoicePrompt;
};

/** Parts what the model is told from what it says. Without it, the model speaks its orders aloud. */
const endOfPrompt = "<|endofprompt|>";
/** Version 3 was trained with this before every order. */
const persona = "You are a helpful assistant.";
/** Control words of the models: `<|endofprompt|>`, `<|en|>`, `<|im_end|>`… and version 1's form of the first. */
const marker = /<\|[^<>|]*\|>|<\/?\s*endofprompt\s*\/?>/gi;

/** Takes the control words out of a text, so that nobody's words become an order, also those that arise when one is taken out. */
export function withoutMarkers(text: string): string {
  for (let before = text; ; ) {
    const after = before.replace(marker, " ");
    if (after === before) return after;
    before = after;
  }
}

/** The form for a wish. */
export function buildForm(
  version: CosyvoiceVersion,
  { text, instructions, speaker }: CosyvoiceWish,
): CosyvoiceForm {
  if (typeof speaker === "string") {
    const fields = { tts_text: text, spk_id: speaker };
    return instructions === undefined
      ? { path: "inference_sft", fields, warnings: [] }
      : {
          path: "inference_instruct",
          fields: { ...fields, instruct_text: instructions },
          warnings: [],
        };
  }
  const prompt_wav = { wav: speaker.wav };
  if (instructions !== undefined && version !== 1) {
    const instruct_text = `${version === 3 ? `${persona} ` : ""}${instructions}${endOfPrompt}`;
    const fields = { tts_text: text, instruct_text, prompt_wav };
    return { path: "inference_instruct2", fields, warnings: [] };
  }
  const warnings =
    instructions === undefined
      ? []
      : ["CosyVoice 1 follows no instructions with a recorded voice; they were ignored."];
  const head = version === 3 ? `${persona}${endOfPrompt}` : "";
  if (speaker.text !== undefined) {
    const prompt_text = `${head}${withoutMarkers(speaker.text).trim()}`;
    return {
      path: "inference_zero_shot",
      fields: { tts_text: text, prompt_text, prompt_wav },
      warnings,
    };
  }
  // Nobody said what is said in the recording: only its sound is used.
  const fields = { tts_text: `${head}${text}`, prompt_wav };
  return { path: "inference_cross_lingual", fields, warnings };
}
