/** Finds an installed font that has the characters of a text, so that nobody gets a video full of boxes. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { runChild } from "./child.ts";

/** How many different characters are asked for at once: a command line is not endless. */
const charactersAtOnce = 800;

/**
 * The family of an installed font for `text`. Letters, marks, digits and punctuation count; symbols and emoji are left to
 * the renderer's fallback.
 *
 * @param family the font the person wants; it is taken when it has every character.
 * @returns undefined where there is no fontconfig (`fc-list`) to ask, or when any font will do.
 * @throws DubberError `missing_font` naming characters that no installed font has.
 */
export async function findFont(
  { text, family }: { readonly text: string; readonly family?: string },
  { signal }: Call = {},
): Promise<string | undefined> {
  const call = signal ? { signal } : {};
  const characters = [...new Set(text.normalize("NFC").match(/[\p{L}\p{M}\p{N}\p{P}]/gu) ?? [])]
    .filter((one) => !/\p{Emoji_Presentation}|\p{Variation_Selector}/u.test(one))
    .slice(0, charactersAtOnce);
  if (characters.length === 0) return family;
  try {
    const whole = await familiesWith(characters, call);
    const wanted = whole.find((one) => one.toLowerCase() === family?.toLowerCase());
    if (wanted !== undefined) return wanted;
    if (family === undefined || whole.length > 0) {
      const best = preferred(whole);
      if (best !== undefined && family === undefined) return best;
    }
    const lacking = whole.length > 0 ? [] : await findLacking(characters, call);
    if (lacking.length > 0) throw missingFont(lacking);
    if (family !== undefined) {
      if ((await familiesNamed(family, call)) === 0) throw unknownFamily(family, preferred(whole));
      // It lacks something; the renderer takes those characters from another installed font.
      return family;
    }
    // No font has everything, but every character is in some font: the renderer mixes them.
    return await mainFamily(characters, call);
  } catch (error) {
    if (error instanceof DubberError && error.code === "missing_tool") return family;
    throw error;
  }
}

/** Families of all fonts that have every one of the characters. */
async function familiesWith(characters: readonly string[], call: Call): Promise<readonly string[]> {
  const codes = characters.map((one) => one.codePointAt(0)?.toString(16)).join(" ");
  return await listFamilies(`:charset=${codes}:scalable=true`, call);
}

async function familiesNamed(family: string, call: Call): Promise<number> {
  // Fontconfig's own syntax characters are escaped; the name is matched whole.
  return (await listFamilies(family.replaceAll(/[\\\-:,]/g, "\\$&"), call)).length;
}

async function listFamilies(pattern: string, call: Call): Promise<readonly string[]> {
  const found = new Set<string>();
  await runChild("fc-list", ["--format", "%{family[0]}\\n", pattern], {
    ...call,
    onLine: (line) => {
      if (line.trim() !== "") found.add(line.trim());
    },
  });
  return [...found].sort();
}

/** A plain sans-serif reads best on a picture; the order of the rest is alphabetic, so the same on every run. */
function preferred(families: readonly string[]): string | undefined {
  const plain = families.filter(
    (one) => !/mono|serif|condensed|math|light|emoji|symbol/i.test(one),
  );
  const sans = plain.find((one) => /^(noto sans|dejavu sans|liberation sans|arial)\b/i.test(one));
  return sans ?? plain.find((one) => /sans/i.test(one)) ?? plain[0] ?? families[0];
}

/** Those of the characters that no font has; halves until the answer is found. */
async function findLacking(characters: readonly string[], call: Call): Promise<readonly string[]> {
  if ((await familiesWith(characters, call)).length > 0) return [];
  if (characters.length === 1) return characters;
  const middle = Math.ceil(characters.length / 2);
  const first = await findLacking(characters.slice(0, middle), call);
  // A few examples are enough for the message.
  if (first.length >= 3) return first;
  return [...first, ...(await findLacking(characters.slice(middle), call))];
}

/** The font for the script most of the text is in. */
async function mainFamily(characters: readonly string[], call: Call): Promise<string | undefined> {
  const letters = characters.filter((one) => /\p{L}/u.test(one) && !/\p{Script=Latin}/u.test(one));
  return letters.length === 0 ? undefined : preferred(await familiesWith(letters, call));
}

function missingFont(lacking: readonly string[]): DubberError {
  const examples = lacking.slice(0, 3).join(" ");
  return new DubberError("missing_font", `No installed font has these characters: ${examples}`, {
    hint: `Install one that has them, e.g. ${installCommand(lacking.join(""))}, or use --burn-mode soft.`,
  });
}

function unknownFamily(family: string, other: string | undefined): DubberError {
  return new DubberError("missing_font", `There is no font called "${family}" on this machine.`, {
    hint: other === undefined ? "Run fc-list to see what is installed." : `"${other}" would do.`,
  });
}

function installCommand(text: string): string {
  const isCjk = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u.test(
    text,
  );
  const set = isCjk ? "fonts-noto-cjk" : "fonts-noto-core";
  if (process.platform === "linux") return `sudo apt-get install ${set}`;
  return isCjk ? "Noto Sans CJK (notofonts.github.io)" : "Noto Sans (notofonts.github.io)";
}
