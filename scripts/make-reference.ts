/**
 * Makes docs/reference from the docblocks of everything src/index.ts exports.
 *
 *   node scripts/make-reference.ts            writes the pages
 *   node scripts/make-reference.ts --check    writes nothing; ends with 1 when a page is out of date
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dubOptionsCode } from "./dub-options-code.ts";
import { type Declaration, readExports } from "./read-exports.ts";

type Page = {
  readonly file: string;
  readonly title: string;
  readonly about: string;
  /** Paths below src, or beginnings of such paths, whose exports stand on this page. */
  readonly sources: readonly string[];
};

const pages: readonly Page[] = [
  {
    ...{ file: "dub.md", title: "Dubbing a video" },
    about:
      "The jobs of the pipeline, their options, what they tell while they run, what they leave.",
    sources: ["pipeline/dub", "pipeline/options", "pipeline/events", "pipeline/estimate"].concat([
      "pipeline/review",
      "pipeline/setup",
      "cli/main",
      "cli/world",
      "core/call",
    ]),
  },
  {
    ...{ file: "timeline.md", title: "Timelines" },
    about: "Texts with times in, one track in sync out; any function may do the speaking.",
    sources: ["pipeline/build-timeline", "timeline/", "core/segment"],
  },
  {
    ...{ file: "engines.md", title: "Voices and engines" },
    about: "Who can speak, and what an engine of one's own has to do.",
    sources: [
      "synthesis/catalogue",
      "synthesis/choose-voice",
      "synthesis/synthesizer",
      "core/service-reply",
      "core/voice",
    ],
  },
  {
    ...{ file: "batches.md", title: "Batches" },
    about: "Many texts into many files, as many at once as a service allows.",
    sources: ["synthesis/tts-batch", "synthesis/batch", "synthesis/batch-error"],
  },
  {
    ...{ file: "scheduler.md", title: "The scheduler" },
    about: "Limits, tries, outages: what stands between a caller and an engine.",
    sources: ["synthesis/schedule", "scheduler/contract", "synthesis/speak-each", "core/clock"],
  },
  {
    ...{ file: "subtitles.md", title: "Subtitles" },
    about: "Subtitle files to cues and back.",
    sources: ["subtitles/"],
  },
  {
    ...{ file: "errors.md", title: "Errors" },
    about: "What every function throws.",
    sources: ["core/error"],
  },
];

const root = join(import.meta.dirname, "..");
const folder = join(root, "docs", "reference");
const note = "<!-- Made by scripts/make-reference.ts from the docblocks; edit those. -->";
const opening = `Everything here comes from \`import { … } from "dubber"\`. Times are seconds unless a name says otherwise.
[The guide](../guide.md) says how the parts are used, [examples](../../examples) show it.`;

/**
 * Makes every page.
 *
 * @returns text by file name.
 * @throws Error for an export that belongs to no page.
 */
async function makeReference(): Promise<ReadonlyMap<string, string>> {
  const declarations = await readExports(join(root, "src", "index.ts"));
  const contents = pages.map((page) => ({ page, own: ownOf(page, declarations) }));
  checkPlaces(
    declarations,
    contents.flatMap(({ own }) => own),
  );
  const places = new Map(contents.flatMap(({ page, own }) => placesOn(page, own)));
  const link = (name: string, from?: Page): string => {
    const place = places.get(name);
    if (place === undefined) return `\`${name}\``;
    return `[\`${name}\`](${place.page === from ? "" : place.page.file}#${place.anchor})`;
  };
  const made = new Map<string, string>();
  const index = [note, "# The library", opening];
  for (const { page, own } of contents) {
    const body = own.map((one) => describe(one, (name) => link(name, page)));
    made.set(page.file, `${[note, `# ${page.title}`, page.about, ...body].join("\n\n")}\n`);
    const rows = own.map((one) => `| ${link(one.name)} | ${cell(one, link)} |`);
    const table = ["| name | what it is |", "| --- | --- |", ...rows].join("\n");
    index.push(`## [${page.title}](${page.file})`, page.about, table);
  }
  return made.set("README.md", `${index.join("\n\n")}\n`);
}

/** What a page holds: what can be called first, then types, both in the order of the page's sources. */
function ownOf({ sources }: Page, all: readonly Declaration[]): readonly Declaration[] {
  const own = sources.flatMap((source) => {
    const isHere = (one: Declaration): boolean =>
      source.endsWith("/") ? one.source.startsWith(source) : one.source === `${source}.ts`;
    return all.filter(isHere).toSorted((a, b) => a.at - b.at);
  });
  return [...own.filter(({ isType }) => !isType), ...own.filter(({ isType }) => isType)];
}

function checkPlaces(all: readonly Declaration[], placed: readonly Declaration[]): void {
  const lost = all.find((one) => !placed.includes(one));
  if (lost === undefined) return;
  throw new Error(`${lost.name} (src/${lost.source}) is on no page of scripts/make-reference.ts.`);
}

/** Two names that differ in case only would have one anchor: the second gets a number, as the headings' ids do. */
function placesOn(page: Page, own: readonly Declaration[]) {
  const names = own.map(({ name }) => name.toLowerCase());
  return own.map(({ name }, index) => {
    const before = names.slice(0, index).filter((one) => one === names[index]).length;
    return [name, { page, anchor: `${names[index]}${before > 0 ? `-${before}` : ""}` }] as const;
  });
}

function describe(one: Declaration, link: (name: string) => string): string {
  const code = one.name === "DubOptions" ? dubOptionsCode(one.file) : one.code;
  const tags = one.tags.map(({ tag, text }) => `- ${label(tag, text, link)}`).join("\n");
  const parts = [`## ${one.name}`, `\`\`\`ts\n${code}\n\`\`\``, linked(one.text, link), tags];
  return parts.filter((part) => part !== "").join("\n\n");
}

function label(tag: string, text: string, link: (name: string) => string): string {
  if (tag === "throws") return `**Throws** ${linked(text, link)}`;
  if (tag === "returns") return `**Returns** ${linked(text, link)}`;
  const [name = "", ...rest] = text.split(" ");
  return tag === "param" ? `\`${name}\`: ${linked(rest.join(" "), link)}` : `${tag}: ${text}`;
}

function linked(text: string, link: (name: string) => string): string {
  return text.replace(/\{@link (\w+)\}/g, (_, name: string) => link(name));
}

/** The first sentence. */
function cell({ text }: Declaration, link: (name: string) => string): string {
  const [first = ""] = text.split("\n\n");
  const sentence = /^.*?[.:](?= |$)/s.exec(first)?.[0] ?? first;
  return linked(sentence, link).replaceAll("\n", " ").replaceAll("|", "\\|").replace(/:$/, ".");
}

if (import.meta.main) {
  const made = await makeReference();
  await mkdir(folder, { recursive: true });
  const there = await readdir(folder);
  const isCheck = process.argv.includes("--check");
  for (const name of there) {
    if (made.has(name)) continue;
    if (isCheck) process.exitCode = 1;
    else await rm(join(folder, name));
  }
  for (const [name, text] of made) {
    const old = await readFile(join(folder, name), "utf8").catch(() => undefined);
    if (old === text) continue;
    if (isCheck) process.exitCode = 1;
    else await writeFile(join(folder, name), text);
  }
}
