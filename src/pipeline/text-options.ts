/** The options of everything that is about text: hearing it, translating it, and the texts around the video. */
import { z } from "zod";

const price = z.number().min(0);

/** What is recognised, and by whom. */
export const recognitionShape = {
  /**
   * Who listens when there is no text: `local`, a model on this machine; `openai`, or a server that speaks like it; `auto`, the
   * best model on this machine. Nothing that costs money is ever chosen by itself.
   */
  stt: z.enum(["auto", "local", "openai"]).default("auto"),
  /** `whisper-1` or another model of the service; for `local` the name of an installed model. */
  sttModel: z.string().min(1).optional(),
  /** Ask the other recogniser when the first one fails for good. */
  sttFallback: z.boolean().default(false),
  /** Take the noise out before listening. Needs the model `gtcrn`. */
  denoise: z.boolean().default(false),
  /** Who speaks when: `auto` where the models for it are installed, a number of speakers, or not at all. */
  speakers: z.union([z.number().int().min(1).max(50), z.enum(["auto", "off"])]).default("auto"),
  /** A `voices.json` to take voices of known speakers from, and to keep them in for the next video. */
  voices: z.string().min(1).optional(),
  /** US dollars a minute of sound. */
  rateSttOpenaiPerMin: price.default(0.006),
};

/** What is asked of language models. */
export const translationShape = {
  /** Translate with `translationModel` where there is no text in the dub's language. Naming a model asks for it too. */
  translate: z.boolean().default(false),
  /** Chat model that translates. Default `gpt-4o-mini`. */
  translationModel: z.string().min(1).optional(),
  /** Chat model that polishes what was heard. Default: the one that translates. */
  gptModel: z.string().min(1).optional(),
  skipPolish: z.boolean().default(false),
  /** CSV of terms: term, translation, note. A term without translation stays as it is. */
  glossary: z.string().min(1).optional(),
  /** How the translation is to sound, in words. */
  style: z.string().min(1).max(2000).optional(),
  formality: z.enum(["formal", "informal"]).optional(),
  /** A file that remembers translations across videos; the work directory always does for its own. */
  memory: z.string().min(1).optional(),
  /** Do not ask for shorter wordings of lines that do not fit. */
  noRewrite: z.boolean().default(false),
  /** US dollars a million tokens. */
  rateGptInPerMtok: price.default(0.6),
  rateGptOutPerMtok: price.default(2.4),
};

/** The texts around the video. */
export const youtubeShape = {
  /** Where chapters may begin: at sentences, at cues, or at blocks between pauses. */
  youtubeSource: z.enum(["sentences", "srt", "blocks"]).default("sentences"),
  /** Shortest pause before a chapter, seconds. */
  youtubeGapThresh: z.number().min(0).max(600).default(1.5),
  /** Have the language model write them. */
  youtubeAi: z.boolean().default(false),
  /** Default: made from the file's name. */
  youtubeTitle: z.string().min(1).optional(),
  /** Default: `youtube` in the language's folder. */
  youtubeOutdir: z.string().min(1).optional(),
  /** Leave out the line that says the voice is synthetic. */
  noDisclosure: z.boolean().default(false),
};
