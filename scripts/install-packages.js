// Installs the packages of a checkout that has none, so that `npm install -g .` and `npm pack` work in a fresh clone. npm runs
// it for both; anywhere else it does nothing. Plain JavaScript without imports of packages: there are none yet.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
if (!existsSync(new URL("../node_modules/commander/package.json", import.meta.url))) {
  // The outer npm hands its own settings on; with `global` among them the packages would go beside the command, not into the checkout.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_config_(global|prefix|location|local_prefix)$/i.test(name),
    ),
  );
  const args = ["ci", "--no-fund", "--no-audit", "--include=dev"];
  const { status } = spawnSync("npm", args, {
    ...{ cwd: root, env, stdio: "inherit" },
    shell: process.platform === "win32",
  });
  process.exitCode = status ?? 1;
}
