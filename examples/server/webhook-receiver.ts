/**
 * Is told when a task ends: a receiver of webhooks. The server sends to https only, so a proxy with a certificate stands in front of this.
 *
 *   WEBHOOK_SECRET=whsec_… node examples/server/webhook-receiver.ts
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { verifyWebhook } from "../../src/client/verify-webhook.ts"; // from "dubber/webhooks"

const secret = process.env.WEBHOOK_SECRET;
if (secret === undefined) throw new Error("Set WEBHOOK_SECRET to the server's.");
/** Messages may come twice; those that were acted on. */
const seen = new Set<string>();

const receiver = createServer(async (request, response) => {
  try {
    const body = await text(request);
    const { id } = verifyWebhook({ headers: request.headers, body, secret });
    const { type, data } = JSON.parse(body) as { type: string; data: { task_id: string } };
    if (!seen.has(id)) console.log(`${type}: ${data.task_id}`);
    seen.add(id);
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
});
receiver.listen(Number(process.env.PORT ?? 8800), "127.0.0.1", () => {
  const { port } = receiver.address() as AddressInfo;
  console.log(`Listening on http://127.0.0.1:${port}`);
});
