/**
 * Lists your tasks, and cancels one that is still going on.
 *
 *   node examples/server/task-management.ts
 *
 * DUBBER_URL is the server's address (http://127.0.0.1:8000), DUBBER_API_KEY a key where it wants one.
 */
import { DubberApiError, DubberClient } from "../../src/client/client.ts";

const { DUBBER_URL: baseUrl, DUBBER_API_KEY: apiKey } = process.env;
const client = new DubberClient({ baseUrl, apiKey });

// Long enough to be still at work when it is cancelled.
const text = "This sentence is said over and over again. ".repeat(500);
const { taskId } = await client.submit({ text, voiceId: "pretrained_voice_001" });

// Page after page, as long as somebody reads on.
let count = 0;
for await (const task of client.tasks()) {
  console.log(`  ${task.taskId}: ${task.status} (${(task.progress * 100).toFixed(1)}%)`);
  count += 1;
}
console.log(`Found ${count} recent tasks`);

try {
  await client.cancel(taskId);
  console.log(`Task ${taskId} cancelled successfully`);
} catch (error) {
  // It was quicker.
  if (!(error instanceof DubberApiError) || error.code !== "task_finished") throw error;
  console.log(`Task ${taskId} had ended already`);
}
