import browser from "./vitest.browser.config";

/** Measures in Chromium what the pages cost; see tests/browser/figures.bench.ts and figures_large.bench.ts. */
export default {
  ...browser,
  test: {
    ...browser.test,
    include: ["figures*.bench.ts"],
    fileParallelism: false,
    testTimeout: 600_000,
  },
};
