/** Many clients at once: some ask for the status of tasks again and again, others listen to streams. */
import { Agent, request } from "node:http";

export type ClientsReport = {
  readonly polls: number;
  readonly streams: number;
  readonly errors: number;
};

export async function benchClients(
  url: string,
  options: { readonly polling: number; readonly streaming: number; readonly seconds: number },
): Promise<ClientsReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const order = { text: "A task that is polled.", voice_id: "ann" };
  const first = await ask(agent, url, "POST", "/api/v1/async/synthesize/sft", order);
  const { task_id: id } = JSON.parse(first.text) as { task_id: string };
  const until = performance.now() + 1000 * options.seconds;
  let [polls, streams, errors] = [0, 0, 0];
  const poll = async (index: number): Promise<void> => {
    // Not all in the same moment, and each twice a second.
    await pause((index % 500) + 1);
    while (performance.now() < until) {
      const { status } = await ask(agent, url, "GET", `/api/v1/async/tasks/${id}/status`).catch(
        failed,
      );
      if (status === 200) polls += 1;
      else errors += 1;
      await pause(500);
    }
  };
  const stream = async (): Promise<void> => {
    while (performance.now() < until) {
      const speech = {
        ...{ model: "tts-1", voice: "ann", response_format: "wav" },
        input: "Something that is spoken while it is heard, sentence by sentence. ".repeat(15),
      };
      const { status, text } = await ask(agent, url, "POST", "/v1/audio/speech", speech).catch(
        failed,
      );
      if (status === 200 && text.length > 44) streams += 1;
      else errors += 1;
    }
  };
  await Promise.all([
    ...Array.from({ length: options.polling }, (_, index) => poll(index)),
    ...Array.from({ length: options.streaming }, stream),
  ]);
  agent.destroy();
  return { polls, streams, errors };
}

const failed = (error: unknown) => ({ status: 0, text: String(error) });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function ask(
  agent: Agent,
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    };
    const asking = request(
      `${url}${path}`,
      { agent, method, ...(text && { headers }) },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on("data", (piece: Buffer) => pieces.push(piece));
        answer.on("error", reject);
        answer.on("end", () => {
          resolve({
            status: answer.statusCode ?? 0,
            text: Buffer.concat(pieces).toString("latin1"),
          });
        });
      },
    );
    asking.on("error", reject);
    asking.end(text);
  });
}
