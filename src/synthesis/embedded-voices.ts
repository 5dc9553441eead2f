/** The embedded engine's voices: which it offers, and which one a typed voice id means. */
import type { EspeakVoice } from "@echogarden/espeak-ng-emscripten";
import { DubberError } from "../core/error.ts";
import type { Voice } from "../core/voice.ts";
import { nearestNames } from "./nearest-names.ts";

/**
 * The variants offered with every language, in turns of the two genders after the engine's own male voice. There
 * are some eighty more for those who type their names; most are effects rather than speakers.
 */
const offered = ["", "f2", "m3", "f3", "m7", "f5", "m1", "f4", "m2", "f1"] as const;
/** espeak-ng's priority of a language tag goes from 1, the best, to about 10. */
const leastPriority = 99;

/** Every language with the offered variants; within a language the engine's own favourite first. */
export function offeredVoices(bases: readonly EspeakVoice[]): readonly Voice[] {
  const sorted = bases
    .map((base) => ({ base, tags: canonicalTags(base) }))
    .sort((a, b) => compareBases(a.base, b.base));
  return sorted.flatMap(({ base, tags }) =>
    offered.map((variant) => ({
      id: join(shortId(base, bases), variant),
      ...{ name: nameOf(base, variant), languages: tags, gender: genderOf(variant) },
    })),
  );
}

/**
 * The voice a typed id stands for, under that id.
 *
 * @throws DubberError `unknown_voice`, naming near ones.
 */
export function findVoice(
  id: string,
  bases: readonly EspeakVoice[],
  variants: readonly string[],
): Voice {
  const { base, variant } = find(id, bases, variants);
  return {
    ...{ id, name: nameOf(base, variant), languages: canonicalTags(base) },
    gender: genderOf(variant),
  };
}

/**
 * What to give to `set_voice` for a voice id: a language tag of espeak-ng (or a voice's file or name), then `+` and
 * a variant if wanted. The engine itself would ignore a variant it does not know.
 *
 * @param variants names of all variant files.
 * @throws DubberError `unknown_voice`, naming near ones.
 */
export function resolveVoice(
  id: string,
  bases: readonly EspeakVoice[],
  variants: readonly string[],
): string {
  const { base, variant } = find(id, bases, variants);
  return join(base.identifier, variant);
}

type Found = {
  readonly base: EspeakVoice;
  /** Empty for the voice as it is. */
  readonly variant: string;
};

function find(id: string, bases: readonly EspeakVoice[], variants: readonly string[]): Found {
  const plus = id.indexOf("+");
  const typed = plus < 0 ? id : id.slice(0, plus);
  const base = findBase(typed, bases);
  if (base === undefined) {
    const tags = bases.flatMap((one) => [
      shortId(one, bases),
      ...one.languages.map(({ name }) => name),
    ]);
    throw unknownVoice(id, nearestNames(typed, tags));
  }
  if (plus < 0) return { base, variant: "" };
  const wanted = id.slice(plus + 1);
  const variant = variants.find((name) => isSame(name, wanted));
  if (variant !== undefined) return { base, variant };
  const near = nearestNames(wanted, variants);
  const shown = near.length > 0 ? near : offered.filter((name) => name !== "");
  throw unknownVoice(
    id,
    shown.map((name) => join(typed, name)),
  );
}

function unknownVoice(id: string, near: readonly string[]): DubberError {
  const list = near.length > 0 ? `Near it: ${near.join(", ")}. ` : "";
  return new DubberError("unknown_voice", `The embedded engine has no voice "${id}".`, {
    hint: `${list}\`dubber voices\` lists them all.`,
  });
}

/** The voice of that short id, file or name; else the best one for that language tag. */
function findBase(typed: string, bases: readonly EspeakVoice[]): EspeakVoice | undefined {
  const named = bases.find((base) =>
    [shortId(base, bases), base.identifier, base.name.trim()].some((name) => isSame(name, typed)),
  );
  if (named !== undefined) return named;
  return bases
    .map((base) => ({ base, priority: priorityFor(typed, base) }))
    .filter(({ priority }) => priority < leastPriority)
    .sort((a, b) => a.priority - b.priority)[0]?.base;
}

/** Its first language tag; where an earlier voice has the same one, its file's name. */
function shortId(base: EspeakVoice, bases: readonly EspeakVoice[]): string {
  const tag = base.languages[0]?.name ?? base.identifier;
  const first = bases.find(({ languages }) => languages[0]?.name === tag);
  return first === base || first === undefined ? tag : base.identifier.replace(/^.*\//, "");
}

/** Its tags as BCP 47 spells them (`en-us` → `en-US`, `cmn` → `zh`), once each, the best first. */
function canonicalTags(base: EspeakVoice): readonly string[] {
  return [...new Set(base.languages.map(({ name }) => canonicalTag(name)))];
}

/** Some of espeak-ng's tags end in a part that is none of BCP 47 (`en-us-nyc`): that part is left out. */
function canonicalTag(name: string): string {
  try {
    return new Intl.Locale(name).toString();
  } catch {
    const dash = name.lastIndexOf("-");
    return dash < 0 ? "und" : canonicalTag(name.slice(0, dash));
  }
}

/** By language, then by how well the voice stands for that language as a whole. */
function compareBases(a: EspeakVoice, b: EspeakVoice): number {
  const [left, right] = [a, b].map((base) => base.languages[0]?.name.split("-")[0] ?? "");
  if (left !== right) return (left ?? "") < (right ?? "") ? -1 : 1;
  return priorityFor(left ?? "", a) - priorityFor(right ?? "", b);
}

function priorityFor(tag: string, base: EspeakVoice): number {
  const found = base.languages.find(({ name }) => isSame(name, tag));
  return found?.priority ?? leastPriority;
}

function nameOf(base: EspeakVoice, variant: string): string {
  const name = base.name.trim();
  if (variant === "") return name;
  const number = /^[fm](\d+)$/.exec(variant)?.[1];
  return `${name}, ${number === undefined ? variant : `${genderOf(variant)} ${number}`}`;
}

/** Of most variants with names nobody has said it. */
function genderOf(variant: string): Voice["gender"] {
  if (variant === "" || /^m\d/.test(variant)) return "male";
  return /^f\d/.test(variant) ? "female" : "neutral";
}

function join(base: string, variant: string): string {
  return variant === "" ? base : `${base}+${variant}`;
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
