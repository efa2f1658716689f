import type { Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import {
  quiet,
  report,
  SETTINGS,
  visit,
  type Observed,
  type Setting,
} from "./support/figures";
import { Server } from "./support/server";
import { alwaysKnownAs } from "./support/shop";
import { until } from "./support/until";

/**
 * What the pages cost where there is much: 10,000 products, and 100,000 orders of one customer, who
 * looks at them. Run by `npm run figures`; nothing here passes or fails by time.
 */
const PRODUCTS = Number(process.env.ORDERLY_FIGURES_PRODUCTS ?? 10_000);
const ORDERS = Number(process.env.ORDERLY_FIGURES_ORDERS ?? 100_000);
const CUSTOMER = "whale";

const FIRST = "first view";

/** A text of the page that is there when a step is done, and where it is. */
type Sign = [selector: string, text: string];

interface Step {
  what: string;
  does: (page: Page) => Promise<void>;
  done: Sign;
}

const more = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Show more" }).press("Enter");
};
/** Shows more until a number of pages are there but for one, which is the step. */
const morePages = (of: (page: number) => Sign, last: number): Step[] =>
  Array.from({ length: last - 1 }, (_, i) => ({
    what: [2, last].includes(i + 2) ? `page ${i + 2}` : "",
    does: more,
    done: of(i + 2),
  }));
const look = (text: string) => async (page: Page) => {
  await page.getByRole("searchbox").pressSequentially(text);
};
const shown = (each: number, things: string) => (page: number) =>
  ["main", `${(each * page).toLocaleString("en")} ${things}`] as Sign;
const run = (sql: string) => async (page: Page) => {
  await page.getByRole("textbox", { name: "SQL statement" }).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(sql);
  await page.keyboard.press("Control+Enter");
};

const PAGES: { path: string; there: Sign; steps: Step[] }[] = [
  {
    path: "/",
    there: ["main", "60 products so far"],
    steps: [
      ...morePages(shown(60, "products so far"), 10),
      // 9999 alone has it in its name, and in its ID.
      {
        what: "search",
        does: look("Product 9999"),
        done: ["main", "1 product"],
      },
    ],
  },
  {
    path: "/orders?date=2021",
    there: ["main", "100 orders,"],
    steps: [
      ...morePages(shown(100, "orders,"), 10),
      {
        what: "a month",
        does: (page) =>
          page.getByRole("link", { name: "May 2021" }).press("Enter"),
        done: ["#period", "May 2021"],
      },
    ],
  },
  {
    path: "/desk?range=all",
    there: ["main table tbody", "Product "],
    steps: [
      {
        what: "by week",
        does: (page) =>
          page.getByRole("radio", { name: "Week" }).press("Space"),
        done: ["[aria-checked=true], label:has(:checked)", "Week"],
      },
    ],
  },
  {
    path: "/desk/products",
    there: ["main", "p00099"],
    steps: [
      ...morePages((page) => ["main", `p00${page * 100 - 1}`], 9),
      { what: "search", does: look("Product 9999"), done: ["main", "p09999"] },
    ],
  },
  {
    path: "/desk/sql",
    there: ["main", "order_information"],
    steps: [
      {
        what: "100,000 rows",
        does: run("select * from cqrs_example.order_information"),
        done: ["[role=gridcell]", "Product"],
      },
    ],
  },
  { path: "/desk/pipeline", there: ["main", "Up to date"], steps: [] },
];

type Row = Partial<Observed> & {
  setting: string;
  path: string;
  what: string;
  /** Since the navigation, or since what was pressed. */
  shownAfter: number;
  elements: number;
  transferredBytes: number;
};

let server: Server;

beforeAll(async () => {
  server = await Server.start();
  const id = (i: number): string => `p${String(i).padStart(5, "0")}`;
  await server.postAll(
    "/api/v1/product/create",
    Array.from({ length: PRODUCTS }, (_, i) => ({
      product_id: id(i),
      product_name: `Product ${i}`,
      unit_price: i,
    })),
  );
  const day = (i: number): string =>
    new Date(Date.UTC(2021, 0, 1 + (i % 365))).toISOString().slice(0, 10);
  await server.postAll(
    "/api/v1/order/create",
    Array.from({ length: ORDERS }, (_, i) => ({
      customer_id: CUSTOMER,
      product_id: id(i % PRODUCTS),
      number: 1,
      order_date: day(i),
    })),
  );
  const query = "select count(*) from cqrs_example.order_information";
  const loaded = async (): Promise<boolean> => {
    const answer = await server.post("/api/v1/warehouse/query", { query });
    return (answer as { rows: number[][] }).rows[0]?.[0] === ORDERS;
  };
  await until("the orders are in the warehouse", loaded, 120_000);
}, 600_000);
afterAll(() => server.close());

test("the figures of pages that have much to show", async () => {
  const rows: Row[] = [];
  for (const setting of SETTINGS)
    for (const page of PAGES) rows.push(...(await measure(setting, page)));
  await report("large", rows);
});

async function measure(
  setting: Setting,
  { path, there, steps }: (typeof PAGES)[number],
): Promise<Row[]> {
  const { visitor, page, received } = await visit(server.url, setting);
  const rows: Row[] = [];
  let bytes = 0;
  const take = async (what: string, shownAfter: number): Promise<void> => {
    await quiet(page, what === FIRST ? 2000 : 1000);
    const seen = await page.evaluate(() => window.figures);
    const { transferredBytes } = received();
    rows.push({
      setting: setting.name,
      path,
      what,
      ...(what === FIRST && {
        firstContentfulPaint: Math.round(seen.firstContentfulPaint),
      }),
      shownAfter: Math.round(shownAfter),
      totalBlockingTime: Math.round(seen.totalBlockingTime),
      longestTask: Math.round(seen.longestTask),
      cumulativeLayoutShift: Number(seen.cumulativeLayoutShift.toFixed(4)),
      elements: await page.evaluate(
        () => document.querySelectorAll("*").length,
      ),
      transferredBytes: transferredBytes - bytes,
    });
    bytes = transferredBytes;
  };
  try {
    await alwaysKnownAs(visitor, CUSTOMER);
    await page.goto(path);
    await take(FIRST, await seenAt(page, there));
    for (const { what, does, done } of steps) {
      await page.evaluate(() => {
        window.figures.totalBlockingTime = 0;
        window.figures.longestTask = 0;
        window.figures.cumulativeLayoutShift = 0;
      });
      await does(page);
      const at = await seenAt(page, done);
      const begun = await page.evaluate(() => window.lastInput);
      if (what !== "") await take(what, at - begun);
      bytes = received().transferredBytes;
    }
    return rows;
  } finally {
    await visitor.leave();
  }
}

/** Milliseconds from the navigation until the page has shown it. */
async function seenAt(page: Page, sign: Sign): Promise<number> {
  const handle = await page.waitForFunction(
    ([selector, text]) => {
      const all = [...document.querySelectorAll(selector)];
      return (
        all.some((it) => it.textContent.includes(text)) && performance.now()
      );
    },
    sign,
    { timeout: 60_000 },
  );
  return Number(await handle.jsonValue());
}
