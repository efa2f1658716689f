import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The tests that drive Chromium against a real `orderly up`. */
export default defineConfig({
  root: fileURLToPath(new URL("../tests/browser", import.meta.url)),
  // The tests stand beside web/, not in it.
  server: { fs: { allow: [fileURLToPath(new URL("..", import.meta.url))] } },
  test: {
    include: ["**/*.test.ts"],
    pool: "forks",
    poolOptions: { forks: { maxForks: 2 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
