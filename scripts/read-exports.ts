/** Reads what a barrel exports: each declaration with its docblock. Knows TypeScript as this project formats it, no more. */
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

export type Declaration = {
  readonly name: string;
  /** The file that defines it, below the barrel's folder. */
  readonly source: string;
  /** That file's text. */
  readonly file: string;
  /** Where in it. */
  readonly at: number;
  readonly isType: boolean;
  /** A type as it stands there; of a function its signature, of a class its members. */
  readonly code: string;
  /** The docblock's text before its first tag; empty when there is none. */
  readonly text: string;
  readonly tags: readonly { readonly tag: string; readonly text: string }[];
};

/** @returns the exports of the barrel at `path`, in its order. */
export async function readExports(path: string): Promise<readonly Declaration[]> {
  const folder = dirname(path);
  const barrel = await readFile(path, "utf8");
  const found: Declaration[] = [];
  for (const [, names = "", from = ""] of barrel.matchAll(
    /^export (?:type )?\{([^}]+)\} from "([^"]+)"/gm,
  )) {
    const source = relative(folder, join(folder, from));
    const file = await readFile(join(folder, from), "utf8");
    for (const entry of names
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean)) {
      found.push(readDeclaration(entry.replace(/^type /, ""), source, file));
    }
  }
  return found;
}

function readDeclaration(name: string, source: string, file: string): Declaration {
  const pattern = `^export (?:async )?(type|interface|class|const|function\\*?) ${name}\\b`;
  const match = new RegExp(pattern, "m").exec(file);
  if (match === null) throw new Error(`src/${source} does not declare ${name}.`);
  const code = codeOf(match[1] as string, file.slice(match.index).replace(/^export (async )?/, ""));
  const isType = match[1] === "type" || match[1] === "interface";
  return {
    name,
    source,
    file,
    at: match.index,
    isType,
    code,
    ...docblockBefore(file.slice(0, match.index)),
  };
}

function docblockBefore(before: string): Pick<Declaration, "text" | "tags"> {
  // Only one that stands right before it, and not the file's own.
  const [, block = ""] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n$/.exec(before) ?? [];
  const lines = block.split("\n").map((line) => line.replace(/^\s*\*? ?/, "").trimEnd());
  const [text = "", ...tags] = lines.join("\n").trim().split(/^@/m);
  return {
    text: text.trim(),
    tags: tags.map((tag) => {
      const [, name = "", rest = ""] = /^(\w+)\s*([\s\S]*)$/.exec(tag) ?? [];
      return { tag: name, text: rest.trim().replace(/\s*\n\s*/g, " ") };
    }),
  };
}

function codeOf(kind: string, rest: string): string {
  switch (kind) {
    case "type":
      return rest.slice(0, endOf(rest, (char, depth) => char === ";" && depth === 0) + 1);
    case "interface":
      return rest.slice(0, endOf(rest, (char, depth) => char === "}" && depth === 0) + 1);
    case "const":
      // Its type, or where there is none its value.
      return rest.replace(/(: [^=\n]+) = [\s\S]*/, "$1;").split("\n", 1)[0] as string;
    case "class": {
      const whole = rest.slice(0, endOf(rest, (char, depth) => char === "}" && depth === 0) + 1);
      return whole.replace(/^( {2}constructor\(.*?\)) \{\n.*?^ {2}\}$/ms, "$1;");
    }
    default:
      return signatureOf(rest);
  }
}

/** The body's brace is the one that does not stand where a type could. */
function signatureOf(rest: string): string {
  const isBody = (char: string, depth: number, at: number): boolean =>
    char === "{" && depth === 1 && !/[<:|&,(]\s*$/.test(rest.slice(0, at));
  const head = rest.slice(0, endOf(rest, isBody)).trimEnd();
  return `${head};`;
}

/** Where `isEnd` is met, with the depth of brackets after the character; strings and comments do not count. */
function endOf(text: string, isEnd: (char: string, depth: number, at: number) => boolean): number {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[()[\]{};]/g;
  let depth = 0;
  for (const { 0: piece, index } of text.matchAll(token)) {
    if ("([{".includes(piece)) depth++;
    if (")]}".includes(piece)) depth--;
    if (isEnd(piece, depth, index)) return index;
  }
  throw new Error(`No end of: ${text.slice(0, 60)}`);
}
