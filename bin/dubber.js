#!/usr/bin/env node
// Starts Dubber: from its sources in a checkout, from the built files in an installed package. Plain JavaScript that any
// Node can read, so that one too old is told so in a sentence, or replaced by the one the checkout pins.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major, minor] = process.versions.node.split(".").map(Number);
const sources = new URL("../src/cli/main.ts", import.meta.url);
const isCheckout = existsSync(sources);
// The sources use `await using` as it is written, which Node reads from version 24; the built files do without.
const isRecent = isCheckout ? major >= 24 : major > 22 || (major === 22 && minor >= 18);
const pinned = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));

// Whoever read the output may go: `dubber … | head -1` must not cost the work its end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
  });
}

if (isCheckout && !existsSync(new URL("../node_modules/commander/package.json", import.meta.url))) {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  process.stderr.write(`Dubber's packages are not installed. Run \`npm ci\` in ${folder}\n`);
  process.exitCode = 4;
} else if (isRecent) {
  const { main } = await import(
    isCheckout ? sources : new URL("../dist/cli/main.js", import.meta.url)
  );
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(pinned)) {
  const child = spawn(pinned, process.argv.slice(1), { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => (process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1)));
} else {
  process.stderr.write(
    `Dubber needs Node 22.18 or newer; this is ${process.versions.node}.\n` +
      "Install it from https://nodejs.org, or run `npm ci` in the checkout, which brings its own.\n",
  );
  process.exitCode = 4;
}
