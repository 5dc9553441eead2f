/** Kills a server again and again while tasks are being submitted, and looks at what has become of what it had accepted. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "./seeded-random.ts";
import { type ServerProcess, startServer, untilEnded } from "./server.ts";
import { startFakeOpenai } from "./services/fake-openai.ts";

const path = "/api/v1/async/synthesize/sft";
/** Seconds of the fake service's sound for a character, and its rate, Hz. */
const secondsPerCharacter = 0.01;
const rate = 24_000;

export type KilledServer = {
  /** Tasks whose acceptance a client has seen. */
  readonly accepted: number;
  /** Keys a client has used: each stands for one task, however often it was sent. */
  readonly keys: number;
  /** Of the server's list in the end. */
  readonly total: number;
  /** Task → how it ended, in the end. */
  readonly ends: Readonly<Record<string, number>>;
  /** What must not be: a lost task, an end that changed, a file that is not whole. */
  readonly wrongs: readonly string[];
};

type Known = { readonly text: string; end?: string };

export async function serverKillLoop({
  folder,
  rounds,
  seed,
}: {
  readonly folder: string;
  readonly rounds: number;
  readonly seed: number;
}): Promise<KilledServer> {
  const random = seededRandom(seed);
  const wrongs: string[] = [];
  const tasks = new Map<string, Known>();
  /** Keys whose answer never came: they are sent again. */
  const unanswered = new Map<string, string>();
  let keys = 0;
  await using service = await startFakeOpenai({
    ...{ secondsPerCharacter, keepRequests: false },
    latencyMs: ({ index }) => 5 + ((index * 37) % 60),
  });
  const env = {
    ...{ TTS_ENGINE: "openai", OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: `${service.url}/v1` },
    ...{ MAX_SYNTHESIS_WORKERS: "4", TTS_PATIENCE: "60" },
  };

  async function submit(server: ServerProcess, key: string, text: string): Promise<void> {
    unanswered.set(key, text);
    const order = { text, voice_id: "openai:alloy" };
    const { status, json } = await server.ask("POST", path, order, { "idempotency-key": key });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(json)}`);
    unanswered.delete(key);
    tasks.set(json.task_id, tasks.get(json.task_id) ?? { text });
  }

  async function look(server: ServerProcess, id: string): Promise<void> {
    const known = tasks.get(id) as Known;
    const { status, json } = await server.ask("GET", `/api/v1/async/tasks/${id}/status`);
    if (status !== 200) wrongs.push(`${id}: ${status} ${JSON.stringify(json)}`);
    const end = json.completed_at === null ? undefined : JSON.stringify(json);
    if (known.end !== undefined && known.end !== end) {
      wrongs.push(`${id} had ended as ${known.end}, and is ${JSON.stringify(json)}`);
    }
    if (end !== undefined) known.end = end;
  }

  /** Submits and looks until the server is gone. */
  async function busy(server: ServerProcess): Promise<void> {
    try {
      for (;;) {
        keys += 1;
        const words = `Order number ${keys}, ${"word ".repeat(Math.floor(random() * 12))}end.`;
        await submit(server, `key ${keys}`, words);
        const ids = [...tasks.keys()];
        await look(server, ids[Math.floor(random() * ids.length)] as string);
      }
    } catch (error) {
      // Only the end of the process may break a request.
      if (!(error instanceof TypeError)) wrongs.push(String(error));
    }
  }

  for (let round = 0; round < rounds; round++) {
    const server = await startServer(folder, { env });
    for (const [key, text] of [...unanswered]) await submit(server, key, text);
    for (const id of tasks.keys()) await look(server, id);
    const work = [busy(server), busy(server), busy(server)];
    await sleep(150 + random() * 700);
    await server.stop("SIGKILL");
    await Promise.all(work);
  }

  await using server = await startServer(folder, { env });
  for (const [key, text] of [...unanswered]) await submit(server, key, text);
  const ends: Record<string, number> = {};
  for (const [id, { text }] of tasks) {
    const { status, error_code: code, result_url: resultPath } = await untilEnded(server, id);
    const how = status === "completed" ? status : code;
    ends[how] = (ends[how] ?? 0) + 1;
    await look(server, id);
    if (status !== "completed") continue;
    const result = (await server.ask("GET", resultPath)).json;
    const { bytes } = await server.ask("GET", result.audio_url);
    const length = 44 + 2 * Math.round(text.length * secondsPerCharacter * rate);
    const facts = [
      bytes.length === result.bytes,
      createHash("sha256").update(bytes).digest("hex") === result.sha256,
      bytes.readUInt32LE(40) === bytes.length - 44,
      Math.abs(bytes.length - length) <= 4,
    ];
    if (facts.includes(false)) wrongs.push(`${id}: the file is not whole: ${facts}`);
  }
  const { json } = await server.ask("GET", "/api/v1/async/tasks?limit=1");
  await server.stop();
  return { accepted: tasks.size, keys, total: json.total, ends, wrongs };
}
