import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Visitor } from "./support/browser";
import { Server } from "./support/server";
import { alwaysKnownAs, stock } from "./support/shop";
import { FAR_AWAY, throttle } from "./support/slow";
import { until } from "./support/until";

/**
 * On a network on which everything comes late, nothing that is in sight moves when the rest
 * arrives. Counted as browsers count it for Cumulative Layout Shift, of which 0.1 is called good.
 */
const MOST = 0.05;
const CUSTOMER = "customer01";
/** Orders of a year of the customer: more than a page of the history. */
const MANY = 120;

interface Shift {
  value: number;
  /** What moved, and from where to where. */
  moved: string[];
}

interface Visit {
  path: string;
  /** The last thing to come. */
  there: (page: Page) => Promise<void>;
}

let server: Server;
let order_id: string;

beforeAll(async () => {
  server = await Server.start();
  await stock(server);
  const order = await server.post("/api/v1/order/create", {
    customer_id: CUSTOMER,
    product_id: "product00005",
    number: 1,
    order_date: "2021-01-18",
  });
  order_id = (order as { order_id: string }).order_id;
  await server.postAll(
    "/api/v1/order/create",
    Array.from({ length: MANY }, (_, i) => ({
      customer_id: CUSTOMER,
      product_id: "product00004",
      number: 1,
      order_date: i < MANY / 2 ? "2020-02-28" : "2020-02-29",
    })),
  );
  await until("the order is in the warehouse", async () => {
    const query = "select count(*) from cqrs_example.order_information";
    const answer = await server.post("/api/v1/warehouse/query", { query });
    return (answer as { rows: number[][] }).rows[0]?.[0] === 1 + MANY;
  });
});
afterAll(() => server.close());

const text =
  (words: string) =>
  (page: Page): Promise<void> =>
    page.getByText(words).first().waitFor();

const row =
  (name: RegExp) =>
  (page: Page): Promise<void> =>
    page.getByRole("row", { name }).first().waitFor();

const arrived = (page: Page): Promise<void> =>
  page.locator("[aria-current=step]", { hasText: "warehouse" }).waitFor();

const VISITS: Visit[] = [
  { path: "/", there: text("9 products") },
  { path: "/products/product00008", there: text("Add to cart") },
  { path: "/products/nothing", there: text("No such product") },
  { path: "/cart", there: text("Nothing is in it.") },
  { path: "/orders?date=2021", there: text("1 order, 1,250 in all") },
  { path: "/orders?date=2020", there: text("100 orders,") },
  { path: "/orders/ORDER", there: arrived },
  { path: "/placed?order=ORDER", there: text("Thank you.") },
  { path: "/desk?range=all", there: row(/Standing Desk/) },
  { path: "/desk", there: text("No orders in these days.") },
  { path: "/desk/sql", there: text("order_information") },
  { path: "/desk/products", there: text("Gaming Display") },
  {
    path: "/desk/products?product=product00001",
    there: (page) => page.getByRole("table", { name: "Versions" }).waitFor(),
  },
  { path: "/desk/products?product=no", there: text("There is no such") },
  {
    path: "/desk/pipeline",
    there: (page) =>
      page
        .getByRole("region", { name: "State" })
        .getByText("Up to date")
        .waitFor(),
  },
  { path: "/docs", there: text("The newest version of a product") },
];

const SCREENS = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
];

describe.each(SCREENS)("at $width px", (screen) => {
  let visitor: Visitor;
  beforeAll(async () => {
    visitor = await Visitor.arrive(server.url, screen);
    await alwaysKnownAs(visitor, CUSTOMER);
    await visitor.context.addInitScript(watchShifts);
  });
  afterAll(() => visitor.leave());

  test.each(VISITS)("$path stands still", async ({ path, there }) => {
    const page = await visitor.context.newPage();
    const session = await visitor.context.newCDPSession(page);
    await throttle(session, FAR_AWAY);
    // Every visit is the first one.
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    await page.goto(path.replace("ORDER", order_id));
    await there(page);
    await page.evaluate(() => document.fonts.ready);
    const shifts = await page.evaluate(drawnShifts);
    const sum = shifts.reduce((all, { value }) => all + value, 0);
    expect(sum, JSON.stringify(shifts, null, 2)).toBeLessThan(MOST);
    await page.close();
  });
});

/** Runs in the page before anything of it. */
function watchShifts(): void {
  window.shifts = [];
  const at = ({ x, y, width, height }: DOMRectReadOnly): string =>
    `${x},${y} ${width}x${height}`;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as LayoutShift[]) {
      const moved = entry.sources.map(({ node, previousRect, currentRect }) => {
        const words = node?.textContent?.slice(0, 40) ?? "";
        return `${node?.nodeName} “${words}”: ${at(previousRect)} → ${at(currentRect)}`;
      });
      window.shifts.push({ value: entry.value, moved });
    }
  });
  observer.observe({ type: "layout-shift", buffered: true });
}

/** Runs in the page: what has moved once all that is there is drawn, and has been told of. */
async function drawnShifts(): Promise<Shift[]> {
  const frame = (): Promise<unknown> => new Promise(requestAnimationFrame);
  for (let frames = 0; frames < 3; ++frames) await frame();
  await new Promise((resolve) => setTimeout(resolve));
  return window.shifts;
}

interface LayoutShift extends PerformanceEntry {
  value: number;
  sources: {
    node: Node | null;
    previousRect: DOMRectReadOnly;
    currentRect: DOMRectReadOnly;
  }[];
}

declare global {
  interface Window {
    shifts: Shift[];
  }
}
