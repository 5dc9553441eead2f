/** What the record of `prep` says. */
import { z } from "zod";

/** What later stages ask the record of `prep` for. */
export const prepFactsSchema = z.object({
  /** Of the dub; BCP 47. */
  language: z.string().optional(),
  sourceLanguage: z.string().optional(),
  origin: z.enum(["given", "reviewed", "original", "translated"]).optional(),
  /** Lines that wait for a person's translation. */
  untranslated: z.number().optional(),
  /** Hashes of what was laid out for review: the dub's text, and the original's as it was given. */
  subs: z.string().optional(),
  original: z.string().optional(),
});

export type PrepFacts = Readonly<z.infer<typeof prepFactsSchema>>;
