/** Times a single client sees. */
import { bestLocalEngine, openSynthesizer } from "../src/synthesis/catalogue.ts";
import { median } from "./table.ts";

const sentence = "The quick brown fox jumps over the lazy dog.";
const rounds = 25;

/** What the engine takes by itself for the sentence, ms: through its own contract, in its own processes. */
export async function embeddedAlone(): Promise<number> {
  await using engine = await openSynthesizer(bestLocalEngine, { env: {} });
  const times: number[] = [];
  for (let round = 0; round < rounds + 5; round++) {
    const from = performance.now();
    await engine.speak({ text: sentence, voice: "en-us" });
    if (round >= 5) times.push(performance.now() - from);
  }
  return median(times);
}

export type Times = {
  readonly toStart: number;
  readonly sync: number;
  readonly firstByte: Readonly<Record<string, number>>;
};

/** All in ms. */
export async function timeOf(url: string): Promise<Times> {
  const order = { text: sentence, voice_id: "pretrained_voice_001" };
  const toStart: number[] = [];
  const sync: number[] = [];
  for (let round = 0; round < rounds + 5; round++) {
    const { task_id: id } = await post(url, "/api/v1/async/synthesize/sft", order);
    const status = await ended(url, String(id));
    const from = performance.now();
    await post(url, "/api/v1/synthesize/sft", order);
    if (round < 5) continue;
    sync.push(performance.now() - from);
    toStart.push(1000 * (Number(status.started_at) - Number(status.created_at)));
  }
  const firstByte: Record<string, number> = {};
  for (const format of ["wav", "pcm", "mp3", "opus", "aac", "flac"]) {
    const times: number[] = [];
    for (let round = 0; round < 11; round++) times.push(await firstByteOf(url, format));
    firstByte[format] = median(times.slice(1));
  }
  return { toStart: median(toStart), sync: median(sync), firstByte };
}

type Json = Record<string, unknown>;

async function post(url: string, path: string, body: unknown): Promise<Json> {
  const answer = await fetch(`${url}${path}`, {
    ...{ method: "POST", body: JSON.stringify(body) },
    headers: { "content-type": "application/json" },
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Json;
}

async function ended(url: string, id: string): Promise<Json> {
  for (;;) {
    const answer = await fetch(`${url}/api/v1/async/tasks/${id}/status?wait=10`);
    const status = (await answer.json()) as Json;
    if (status.status === "completed") return status;
    if (status.status === "failed") throw new Error(String(status.error));
  }
}

/** Sound, not a WAV's header: the first byte beyond 44. */
async function firstByteOf(url: string, format: string): Promise<number> {
  const input = sentence.repeat(30).slice(0, 1000);
  const from = performance.now();
  const answer = await fetch(`${url}/v1/audio/speech`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify({ model: "tts-1", voice: "alloy", input, response_format: format }),
  });
  if (!answer.ok || answer.body === null) throw new Error(await answer.text());
  let bytes = 0;
  let first: number | undefined;
  for await (const piece of answer.body) {
    bytes += piece.length;
    if (bytes > 44) first ??= performance.now() - from;
  }
  return first ?? Number.NaN;
}
