/** Holds the sound of parts whose language is in doubt until the language of the whole is known; never more than a few minutes. */
import { listeningRate } from "../core/sound.ts";
import { type LanguageVote, mainLanguage } from "./part-language.ts";

/** Samples: ten minutes, 19 MB. */
const mostSamples = 600 * listeningRate;

export type DoubtfulParts = {
  /** Keeps a part's sound if it may have to be heard again. @param index of the part. */
  readonly keep: (index: number, samples: Int16Array, votes: readonly LanguageVote[]) => void;
  /** The parts that came out in another language than `main` though that is doubtful, by index, in order. */
  readonly otherThan: (main: string) => readonly (readonly [index: number, samples: Int16Array])[];
};

/**
 * An empty store. When it is full, parts in what is the main language so far go first; if there is still no room, the new part is not
 * kept and stays as it was heard.
 */
export function doubtfulParts(): DoubtfulParts {
  const kept = new Map<number, { readonly samples: Int16Array; readonly language: string }>();
  const size = () => [...kept.values()].reduce((sum, { samples }) => sum + samples.length, 0);
  return {
    keep(index, samples, votes) {
      const vote = votes[index];
      if (vote?.language === undefined || !vote.isDoubtful) return;
      kept.set(index, { samples, language: vote.language });
      if (size() <= mostSamples) return;
      const main = mainLanguage(votes.filter((one) => one !== undefined));
      for (const [at, { language }] of kept) if (language === main) kept.delete(at);
      if (size() > mostSamples) kept.delete(index);
    },
    otherThan: (main) =>
      [...kept]
        .filter(([, { language }]) => language !== main)
        .sort(([a], [b]) => a - b)
        .map(([index, { samples }]) => [index, samples]),
  };
}
