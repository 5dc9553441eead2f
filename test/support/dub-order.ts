/** Orders dubs from a server as a client does, and looks after the processes that make them. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Answer, TestServer } from "./server.ts";

const run = promisify(execFile);

/** A form: paths in `files` are read and sent under their own names. */
export async function makeForm(
  fields: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [name, path] of Object.entries(files)) {
    form.set(name, new Blob([await readFile(path)]), basename(path));
  }
  return form;
}

/** Uploads a recording as a voice that speaks English. */
export async function uploadVoice(
  server: Pick<TestServer, "ask">,
  id: string,
  recording: string,
): Promise<Answer> {
  const form = await makeForm(
    { voice_id: id, name: "Mine", language: "en", audio_format: "wav", consent: "true" },
    { audio_file: recording },
  );
  form.set("prompt_text", "What I said then.");
  return await server.ask("POST", "/api/v1/voices/", form);
}

export type Process = { readonly pid: number; readonly group: number; readonly command: string };

/** Processes that make a task's dub: the one that leads, ffmpeg and the engines. Those that are only waited for do not count. */
export async function dubProcesses(taskId: string): Promise<readonly Process[]> {
  const all = await processes();
  const groups = new Set(
    all.filter(({ command }) => command.includes(taskId)).map(({ group }) => group),
  );
  return all.filter(({ group }) => groups.has(group));
}

/** Those of some process groups. */
export async function processesOf(groups: Iterable<number>): Promise<readonly Process[]> {
  const wanted = new Set(groups);
  return (await processes()).filter(({ group }) => wanted.has(group));
}

async function processes(): Promise<readonly Process[]> {
  const { stdout } = await run("ps", ["-eo", "pid=,pgid=,stat=,args="], { maxBuffer: 16e6 });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, group, state = "Z", command = ""] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const isOurs = /dub-process|engine-process|ffmpeg/.test(command);
    if (state.startsWith("Z") || !isOurs) return [];
    return [{ pid: Number(pid), group: Number(group), command }];
  });
}

/** Looks again and again until there is an answer. @throws after `timeoutMs`. */
export async function until<T>(
  look: () => Promise<T | undefined | false>,
  what: string,
  timeoutMs = 30_000,
): Promise<T> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endsAt) throw new Error(`Within ${timeoutMs} ms: no ${what}.`);
    await sleep(20);
  }
}
