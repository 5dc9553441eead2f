/** The texts around a video by a language model, held to YouTube's limits; by rules where its answer is none. */
import { z } from "zod";
import { AnswerError, askFor } from "../chat/ask-for.ts";
import type { Asker } from "../chat/chat-model.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { defaultGapThreshold } from "./chapters.ts";
import type { Chapters, VideoStory, VideoTexts } from "./contract.ts";
import { composeDescription, rulesBody } from "./description.ts";
import { youtubeLimits } from "./limits.ts";
import { mainScript, shareOf } from "./main-script.ts";
import { type ChapterPick, chaptersFromPicks } from "./model-chapters.ts";
import { type NumberedPlace, numberPlaces, systemText, userText } from "./model-question.ts";
import { cleanLine } from "./plain-text.ts";
import { type TextOptions, textsByRules } from "./rules.ts";
import { fitTags } from "./tags.ts";
import { fitTitle } from "./title.ts";

export type ModelTextOptions = TextOptions & { readonly asker: Asker };

const answerShape = z.strictObject({
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  chapters: z.array(z.strictObject({ number: z.number(), title: z.string() })),
});
type Answer = z.infer<typeof answerShape>;

/**
 * Asks a language model one question for title, description, chapters and tags. Chapters start where something is said: the model
 * names numbers from a list, no times. What is wrong or missing in its answer comes from the rules instead, with a warning.
 *
 * @returns as {@link textsByRules}, within the same limits.
 * @throws what the asker throws, but `engine_failed`: an answer that is none becomes a warning, a key, a quota or a service that
 *   fails has to be mended by the person who asked for a model. The signal's reason.
 */
export async function textsByModel(
  story: VideoStory,
  { asker, ...options }: ModelTextOptions,
  call: Call = {},
): Promise<VideoTexts> {
  const byRules = textsByRules(story, options);
  const places = numberPlaces(
    story,
    options.source ?? "sentences",
    options.gapThreshold ?? defaultGapThreshold,
  );
  if (places.length === 0) {
    return withWarning(byRules, "There is no text to ask a language model about");
  }
  const answer = await answerOrReason(asker, userText(story, places, options.title), call);
  if (typeof answer === "string") return withWarning(byRules, answer);
  const said = places.map(({ text }) => text).join(" ");
  if (isInAnotherScript(`${answer.title} ${answer.description}`, said)) {
    return withWarning(byRules, "The language model answered in another language");
  }
  return textsFromAnswer(answer, { story, options, places, byRules });
}

/** The answer, or why there is none that can be used. */
async function answerOrReason(asker: Asker, user: string, call: Call): Promise<Answer | string> {
  try {
    const question = { system: systemText, user, name: "video_texts", schema: answerShape };
    return (await askFor(asker, question, call)).value;
  } catch (error) {
    const isNoAnswer =
      error instanceof AnswerError ||
      (error instanceof DubberError && error.code === "engine_failed");
    if (!isNoAnswer) throw error;
    return error.message.replace(/\.$/, "");
  }
}

function withWarning(texts: VideoTexts, reason: string): VideoTexts {
  return {
    ...texts,
    warnings: [...texts.warnings, `${reason}: the texts for YouTube were made by rules.`],
  };
}

/** Names and terms of a text in another script are mostly in Latin letters: a fifth in its own is enough. */
const ownScript = 0.2;

function isInAnotherScript(answer: string, said: string): boolean {
  const script = mainScript(said);
  return script !== undefined && shareOf(script, answer) < ownScript;
}

type Asked = {
  readonly story: VideoStory;
  readonly options: TextOptions;
  readonly places: readonly NumberedPlace[];
  readonly byRules: VideoTexts;
};

function textsFromAnswer(answer: Answer, { story, options, places, byRules }: Asked): VideoTexts {
  const own = {
    title: fitTitle(answer.title),
    body: cleanLine(answer.description) === "" ? "" : answer.description,
    tags: fitTags(answer.tags),
  };
  const missing = [
    ...(own.title === "" && options.title === undefined ? ["title"] : []),
    ...(own.body === "" ? ["description"] : []),
    ...(own.tags.length === 0 ? ["tags"] : []),
  ];
  const { chapters, warnings } = ownChapters(answer.chapters, places, story, byRules.chapters);
  const description = composeDescription({
    body: own.body || rulesBody(story),
    chapters: chapters.chapters,
    language: story.language,
    ...(options.disclosure !== undefined && { disclosure: options.disclosure }),
  });
  return {
    title: options.title === undefined ? own.title || byRules.title : byRules.title,
    description,
    chapters,
    tags: own.tags.length === 0 ? byRules.tags : own.tags,
    warnings: [
      ...byRules.warnings,
      ...missing.map((name) => `The language model gave no ${name}; the rules' stand instead.`),
      ...warnings,
    ],
  };
}

/** The model's chapters, or those of the rules where YouTube would take fewer than three of them. */
function ownChapters(
  picks: readonly ChapterPick[],
  places: readonly NumberedPlace[],
  story: VideoStory,
  byRules: Chapters,
): { readonly chapters: Chapters; readonly warnings: readonly string[] } {
  const { dropped, ...chapters } = chaptersFromPicks(picks, places, story);
  if (chapters.reason === undefined) {
    const warning = `${dropped} of the ${picks.length} chapters the language model chose were dropped: not from the list, or too close to another.`;
    return { chapters, warnings: dropped > 0 ? [warning] : [] };
  }
  // A video too short for chapters is not the model's fault.
  const isShort = story.duration < youtubeLimits.chaptersAtLeast * youtubeLimits.chapterSeconds;
  const warning = `The language model's chapters could not be used; those of the rules stand instead. ${chapters.reason}`;
  return { chapters: byRules, warnings: isShort ? [] : [warning] };
}
