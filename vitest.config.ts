import { defineConfig } from "vitest/config";

/** Unit tests stand beside the code (`src`), tests that cross folders or start the program in `test`. */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
