import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { Visitor } from "./support/browser";
import { Server } from "./support/server";
import { stock } from "./support/shop";
import { SLOW_4G, throttle, type Network } from "./support/slow";
import { until } from "./support/until";

/**
 * What a visitor's first view of each page costs, as Lighthouse counts it: on this machine as it
 * is, and as on a phone of the middle class on a slow network. Run by `npm run figures`; nothing
 * here passes or fails by time.
 */
const RUNS = Number(process.env.ORDERLY_FIGURES_RUNS ?? 3);

interface Setting {
  name: string;
  width: number;
  cpu: number;
  network?: Network;
}

/** The second is Lighthouse's mobile default: Moto G Power, slow 4G (150 ms, 1.6 Mbit/s). */
const SETTINGS: Setting[] = [
  { name: "desktop", width: 1440, cpu: 1 },
  {
    name: "phone",
    width: 390,
    cpu: 4,
    network: SLOW_4G,
  },
];

const PAGES: { path: string; there: string }[] = [
  { path: "/", there: "Gaming Display" },
  { path: "/products/product00001", there: "Add to cart" },
  { path: "/cart", there: "Nothing is in it." },
  { path: "/orders", there: "Whose orders would you like to see?" },
  { path: "/desk?range=all", there: "Standing Desk" },
  { path: "/desk/sql", there: "order_information" },
  { path: "/desk/products", there: "Gaming Display" },
  { path: "/desk/pipeline", there: "Everything that was accepted" },
  { path: "/docs", there: "The newest version of a product" },
];

interface Figures {
  /** Milliseconds since the navigation. */
  firstContentfulPaint: number;
  largestContentfulPaint: number;
  /** What tasks took beyond 50 ms each, after the first paint. */
  totalBlockingTime: number;
  cumulativeLayoutShift: number;
  /** As they came over the wire, compressed, with their headers. */
  transferredBytes: number;
  requests: number;
}

let server: Server;

beforeAll(async () => {
  server = await Server.start();
  await stock(server);
  await server.post("/api/v1/order/create", {
    customer_id: "customer01",
    product_id: "product00005",
    number: 1,
    order_date: "2021-01-18",
  });
  await until("the order is in the warehouse", async () => {
    const query = "select count(*) from cqrs_example.order_information";
    const answer = await server.post("/api/v1/warehouse/query", { query });
    return (answer as { rows: number[][] }).rows[0]?.[0] === 1;
  });
});
afterAll(() => server.close());

test("the figures of every page", async () => {
  const rows: (Figures & { setting: string; path: string })[] = [];
  for (const setting of SETTINGS) {
    for (const page of PAGES) {
      const runs: Figures[] = [];
      for (let run = 0; run < RUNS; ++run)
        runs.push(await look(setting, page.path, page.there));
      rows.push({ setting: setting.name, path: page.path, ...middle(runs) });
    }
  }
  console.table(rows);
  const file = process.env.ORDERLY_FIGURES;
  if (file !== undefined) {
    const from = fileURLToPath(new URL("../../", import.meta.url));
    await writeFile(
      file.startsWith("/") ? file : from + file,
      `${JSON.stringify(rows, null, 2)}\n`,
    );
  }
});

/** One visit with an empty cache. */
async function look(
  { width, cpu, network }: Setting,
  path: string,
  there: string,
): Promise<Figures> {
  const visitor = await Visitor.arrive(server.url, {
    width,
    height: width < 600 ? 844 : 900,
  });
  try {
    const page = await visitor.context.newPage();
    const session = await visitor.context.newCDPSession(page);
    const wire = await count(session);
    await session.send("Emulation.setCPUThrottlingRate", { rate: cpu });
    if (network) await throttle(session, network);
    await page.addInitScript(observe);
    await page.goto(path);
    await page.getByText(there).first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    await quiet(page);
    const seen = await page.evaluate(() => window.figures);
    return { ...seen, ...wire() };
  } finally {
    await visitor.leave();
  }
}

/** Counts what the browser receives from now on. */
async function count(
  session: CDPSession,
): Promise<() => Pick<Figures, "transferredBytes" | "requests">> {
  let transferredBytes = 0;
  let requests = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    transferredBytes += encodedDataLength;
    ++requests;
  });
  await session.send("Network.enable");
  return () => ({ transferredBytes, requests });
}

/** Two seconds in which no task was long: what Lighthouse takes for an idle main thread. */
async function quiet(page: Page): Promise<void> {
  await until("the page is idle", async () => {
    return page.evaluate(() => performance.now() - window.lastLongTask > 2000);
  });
}

/** Runs in the page before anything of it. */
function observe(): void {
  const figures = {
    firstContentfulPaint: 0,
    largestContentfulPaint: 0,
    totalBlockingTime: 0,
    cumulativeLayoutShift: 0,
  };
  window.figures = figures;
  window.lastLongTask = performance.now();
  const watch = (type: string, take: (entry: PerformanceEntry) => void): void =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
      type,
      buffered: true,
    });
  watch("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint")
      figures.firstContentfulPaint = startTime;
  });
  watch("largest-contentful-paint", ({ startTime }) => {
    figures.largestContentfulPaint = startTime;
  });
  watch("longtask", ({ startTime, duration }) => {
    window.lastLongTask = startTime + duration;
    const painted = figures.firstContentfulPaint;
    if (painted > 0 && startTime + duration > painted)
      figures.totalBlockingTime += Math.max(0, duration - 50);
  });
  watch("layout-shift", (entry) => {
    const shift = entry as PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
    };
    if (!shift.hadRecentInput) figures.cumulativeLayoutShift += shift.value;
  });
}

/** Each figure's middle one of the runs, rounded. */
function middle(runs: Figures[]): Figures {
  const of = (key: keyof Figures, digits = 0): number => {
    const sorted = runs.map((run) => run[key]).sort((a, b) => a - b);
    return Number((sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(digits));
  };
  return {
    firstContentfulPaint: of("firstContentfulPaint"),
    largestContentfulPaint: of("largestContentfulPaint"),
    totalBlockingTime: of("totalBlockingTime"),
    cumulativeLayoutShift: of("cumulativeLayoutShift", 4),
    transferredBytes: of("transferredBytes"),
    requests: of("requests"),
  };
}

declare global {
  interface Window {
    figures: Omit<Figures, "transferredBytes" | "requests">;
    lastLongTask: number;
  }
}
