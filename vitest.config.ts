import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Unit tests stand beside the code (`src`), tests that cross folders or start the program in `test`. */
export default defineConfig({
  test: {
    // Programs that tests start compile Dubber's modules once for all of them.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/node-compile") },
    setupFiles: ["test/support/seed-properties.ts"],
    reporters: ["default", "./test/support/report-skipped.ts", "./test/support/report-names.ts"],
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // Modules are loaded once for all files of a worker, not once for each: that takes as long as most files do.
    isolate: false,
    // Most tests wait for ffmpeg or for the command: every core is worth a worker.
    maxWorkers: "100%",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
