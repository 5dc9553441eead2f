import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

/** What several capabilities build on. */
const shared = ["core", "service", "scheduler", "host"];
const capabilities = ["media", "audio", "subtitles", "timeline"].concat(
  ...["synthesis", "recognition", "translation", "youtube"],
);
/** Language models that are asked, and models that are kept on disk. */
const models = ["chat", "models"];
/** Who may import whom inside `src`. A folder that is not here may not exist. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  service: ["core"],
  scheduler: ["core", "service"],
  host: ["core"],
  chat: ["core", "service", "scheduler"],
  models: ["core", "service"],
  media: ["core"],
  audio: ["core"],
  subtitles: ["core"],
  timeline: ["core"],
  synthesis: shared,
  recognition: shared,
  translation: ["core", "chat"],
  youtube: ["core", "chat"],
  pipeline: [...shared, ...models, ...capabilities],
  api: ["core"],
  server: [...shared, ...models, ...capabilities, "pipeline", "api"],
  client: ["core", "api"],
  cli: [...shared, ...models, ...capabilities, "pipeline", "server"],
};
const kept = ["tasks", "files", "engines", "voices"];
/** The server's own folders, the same way. What stands directly in it holds them together, and is not asked. */
const serverMayImport: Record<string, readonly string[]> = {
  ...{ tasks: [], files: [], engines: [] },
  voices: ["tasks", "files", "engines"],
  speech: kept,
  dub: [...kept, "speech"],
  present: ["tasks", "voices", "speech", "dub"],
  webhooks: ["tasks", "present"],
  store: ["tasks", "voices", "webhooks"],
  http: ["tasks", "present"],
  orders: [...kept, "speech", "dub", "present", "http"],
  routes: [...kept, "speech", "dub", "present", "http", "orders", "webhooks"],
};
/** The one barrel, and the only file directly in `src`. */
const barrel = "index.ts";
/** Folders whose code must not touch files, processes or the network. */
const pure = ["subtitles", "timeline", "youtube"];
/** Only the command line may print or end the process; a child's main module may end its own. */
const mayPrint = (file: string): boolean =>
  folderOf(file) === "cli" || file.endsWith("-process.ts");

const root = resolve(import.meta.dirname, "../src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replaceAll("\\", "/"));

type Import = { from: string; to: string };
const importPattern =
  /(?:\b(?:import|export)\b[^"'`;]*?\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\bsiblingModule\(\s*import\.meta\.url,\s*)["'`]([^"'`]+)["'`]/g;

function importsOf(file: string): string[] {
  const source = stripComments(readFileSync(join(root, file), "utf8"));
  return [...source.matchAll(importPattern)].map(([whole, target]) =>
    whole.startsWith("siblingModule") ? `./${target}` : (target as string),
  );
}

function stripComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

function localImports(file: string): Import[] {
  return importsOf(file)
    .filter((target) => target.startsWith("."))
    .map((target) => relative(root, resolve(root, dirname(file), target)).replaceAll("\\", "/"))
    .map((target) => ({
      from: file,
      to: files.includes(`${target}.ts`) ? `${target}.ts` : target,
    }));
}

const folderOf = (file: string): string =>
  file.includes("/") ? file.slice(0, file.indexOf("/")) : "";
/** Tests and the suites engines have to pass may use what `test/support` holds for all tests. */
const isForTests = (file: string): boolean =>
  file.endsWith(".test.ts") || file.includes("/testing/");
const imports = files
  .flatMap(localImports)
  .filter(({ from, to }) => !(isForTests(from) && to.startsWith("../test/support/")));

describe("architecture", () => {
  it("sees the code it judges", () => {
    expect(files.length).toBeGreaterThan(10);
    expect(imports.length).toBeGreaterThan(files.length / 2);
  });

  it("has only folders that stand in the table", () => {
    const folders = readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory());
    expect(folders.filter((name) => !(name in mayImport))).toEqual([]);
    expect(files.filter((file) => folderOf(file) === "" && file !== barrel)).toEqual([]);
  });

  it("has arrows that go down only", () => {
    const wrong = imports.filter(({ from, to }) => {
      const [source, target] = [folderOf(from), folderOf(to)];
      if (source === "" || source === target) return false;
      return !mayImport[source]?.includes(target);
    });
    expect(wrong).toEqual([]);
  });

  it("has arrows that go down only inside the server too", () => {
    const roomOf = (file: string): string | undefined => /^server\/(\w+)\//.exec(file)?.[1];
    const rooms = new Set(files.map(roomOf).filter((room) => room !== undefined));
    rooms.delete("testing");
    expect([...rooms].filter((room) => !(room in serverMayImport))).toEqual([]);
    const wrong = imports.filter(({ from, to }) => {
      const [source, target] = [roomOf(from), roomOf(to)];
      if (source === undefined || target === undefined || source === target) return false;
      return !isForTests(from) && !serverMayImport[source]?.includes(target);
    });
    expect(wrong).toEqual([]);
  });

  it("needs nothing that is only for tests", () => {
    const wrong = imports.filter(({ from, to }) => !isForTests(from) && isForTests(to));
    expect(wrong).toEqual([]);
  });

  it("imports files that exist, and never the barrel", () => {
    const wrong = imports.filter(({ to }) => !files.includes(to) || to === barrel);
    expect(wrong).toEqual([]);
  });

  it("has no import cycles", () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of imports) graph.set(from, [...(graph.get(from) ?? []), to]);
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    function visit(file: string, path: readonly string[]): void {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
        return;
      }
      state.set(file, "open");
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, "done");
    }
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("keeps arithmetic and parsing free of the outside world", () => {
    const wrong = files
      .filter((file) => pure.includes(folderOf(file)) && !file.endsWith(".test.ts"))
      .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
      .filter(({ target }) => target.startsWith("node:"));
    expect(wrong).toEqual([]);
  });

  it("prints and exits only in the command line", () => {
    const wrong = files
      .filter((file) => !mayPrint(file) && !isForTests(file))
      .filter((file) => {
        const source = stripComments(readFileSync(join(root, file), "utf8"));
        return /\bconsole\.|\bprocess\.(exit|stdout|stderr|exitCode)\b/.test(source);
      });
    expect(wrong).toEqual([]);
  });

  it("keeps files small enough to answer one question", () => {
    const long = files.filter(
      (file) =>
        !file.endsWith(".test.ts") &&
        readFileSync(join(root, file), "utf8").split("\n").length > 320,
    );
    expect(long).toEqual([]);
  });
});
