/** docs/api.md tells what the server offers now. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("is up to date (else: node scripts/make-api-docs.ts)", async () => {
  const script = join(import.meta.dirname, "../scripts/make-api-docs.ts");
  const check = promisify(execFile)(process.execPath, [script, "--check"]);
  await expect(check).resolves.toBeDefined();
});
