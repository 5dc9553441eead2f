/** `dubber doctor`: what is there, what is missing, and the command that mends it. */
import { statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { DubberError } from "../../core/error.ts";
import { listFilters } from "../../media/filters.ts";
import { findFont } from "../../media/fonts.ts";
import { findTools, type Tools } from "../../media/tools.ts";
import { openSynthesizer } from "../../synthesis/catalogue.ts";
import type { Check } from "../check.ts";
import { checkModels } from "../check-models.ts";
import { checkServices } from "../check-services.ts";
import type { Action } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { currentFolder } from "../paths.ts";

const marks = { ok: "✓", unused: "–", limited: "!", missing: "✗" } as const;
/** Enough for the sound of a two-hour video, three times over. */
const comfortableBytes = 5e9;

export const doctorCommand: Action = async (_args, _values, { output, signal, env, world }) => {
  const checks: Check[] = [checkNode()];
  const tools = await check("ffmpeg", async () => {
    const found = await findTools({ env });
    return [found, `${found.version} (${found.ffmpeg})`];
  });
  checks.push(tools.check);
  if (tools.value !== undefined) checks.push(...(await checkFilters(tools.value)));
  checks.push(...(await checkFonts()), await checkVoices(signal));
  checks.push(
    ...(await checkModels(env, { signal })),
    ...checkServices(env),
    await checkDisk(currentFolder(world)),
  );
  const isWell = checks.every(({ state }) => state !== "missing");
  for (const { name, state, found, mend } of checks) {
    output.say(`${marks[state]} ${name.padEnd(14)} ${found}`);
    if (mend !== undefined) output.say(`  ${" ".repeat(14)} → ${mend}`);
  }
  output.result(
    { status: isWell ? "done" : "failed", checks },
    isWell ? "Everything needed is here." : "",
  );
  return isWell ? exitCodes.done : exitCodes.missing;
};

async function check<T>(
  name: string,
  look: () => Promise<readonly [T, string]>,
): Promise<{ readonly check: Check; readonly value?: T }> {
  try {
    const [value, found] = await look();
    return { check: { name, state: "ok", found }, value };
  } catch (error) {
    if (!(error instanceof DubberError)) throw error;
    const mend = error.hint === undefined ? {} : { mend: error.hint };
    return { check: { name, state: "missing", found: error.message, ...mend } };
  }
}

function checkNode(): Check {
  return {
    name: "Node.js",
    state: "ok",
    found: `${process.versions.node}, ${availableParallelism()} cores`,
  };
}

/** Filters that one feature each needs; a slim build of ffmpeg may lack some. */
const filters = [
  ["ebur128", "missing", "measuring loudness"],
  ["dcshift", "missing", "measuring loudness"],
  ["aresample", "missing", "taking the sound"],
  ["subtitles", "limited", "--burn-mode hard"],
] as const;

async function checkFilters(tools: Tools): Promise<readonly Check[]> {
  const there = await listFilters(tools);
  return filters.map(([name, state, use]) =>
    there.has(name)
      ? { name: `  ${name}`, state: "ok", found: use }
      : {
          name: `  ${name}`,
          state,
          found: `this ffmpeg was built without it; needed for ${use}`,
          mend: "Install the full ffmpeg of your system, or point FFMPEG_PATH at one.",
        },
  );
}

/** One sample of each script people dub into; only burnt-in subtitles need a font. */
const scripts = [
  ["Latin", "Así"],
  ["Cyrillic", "Итак"],
  ["Chinese", "中文"],
  ["Arabic", "مرحبا"],
] as const;

async function checkFonts(): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const [script, sample] of scripts) {
    const { check: one } = await check(`${script} font`, async () => {
      const font = await findFont({ text: sample });
      return [font, font ?? "cannot be checked here (no fc-list)"];
    });
    checks.push(one.state === "missing" ? { ...one, state: "limited" } : one);
  }
  return checks;
}

async function checkVoices(signal: AbortSignal): Promise<Check> {
  const { check: found } = await check("embedded voice", async () => {
    await using engine = await openSynthesizer("embedded", { lanes: 1 });
    const voices = await engine.voices({ signal });
    await engine.speak({ text: "One, two.", voice: "en" }, { signal });
    const languages = new Set(voices.map(({ languages: [first] }) => first));
    return [
      engine,
      `version ${engine.version}, ${voices.length} voices in ${languages.size} languages`,
    ];
  });
  return found;
}

async function checkDisk(folder: string): Promise<Check> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `${(free / 1e9).toFixed(1)} GB free here`;
  if (free > comfortableBytes) return { name: "disk", state: "ok", found };
  return {
    name: "disk",
    state: "limited",
    found,
    mend: "An hour of video needs about 2 GB between the stages: free some, or use --workdir elsewhere.",
  };
}
