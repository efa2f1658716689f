import { afterAll, beforeAll, test } from "vitest";
import {
  quiet,
  report,
  SETTINGS,
  visit,
  type Observed,
  type Received,
  type Setting,
} from "./support/figures";
import { Server } from "./support/server";
import { stock } from "./support/shop";
import { until } from "./support/until";

/**
 * What a visitor's first view of each page costs, as Lighthouse counts it: on this machine as it
 * is, and as on a phone of the middle class on a slow network. Run by `npm run figures`; nothing
 * here passes or fails by time.
 */
const RUNS = Number(process.env.ORDERLY_FIGURES_RUNS ?? 3);

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

type Figures = Omit<Observed, "longestTask"> & Received;

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
  await report("first_view", rows);
});

async function look(
  setting: Setting,
  path: string,
  there: string,
): Promise<Figures> {
  const { visitor, page, received } = await visit(server.url, setting);
  try {
    await page.goto(path);
    await page.getByText(there).first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    await quiet(page);
    const seen = await page.evaluate(() => window.figures);
    return { ...seen, ...received() };
  } finally {
    await visitor.leave();
  }
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
