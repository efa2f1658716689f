import browser from "./vitest.browser.config";

/** Measures in Chromium what a first view costs; see tests/browser/figures.bench.ts. */
export default {
  ...browser,
  test: { ...browser.test, include: ["figures.bench.ts"], testTimeout: 600_000 },
};
