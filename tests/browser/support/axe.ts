import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds serious or critical on the page: rule, and where. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(() => window.axe.run());
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(" ")}`),
    );
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}
